/** Data that no schema has seen, for properties: other types than expected, names that every object has, texts that are too long. */
import fc from 'fast-check';
import { isObject, mapStrings } from '../../src/model/json.ts';
import { hostileText } from './hostile-text.ts';

/** What is repeated: each makes some pattern try one start after the other. `{n}` is another number each time. */
const PIECES: readonly string[] = [
  ...['x', 'a.', '-', '_-', '1', '1.1', ' ', '\n', '\t', '"', '=', ':', '/', '%', '$', '\u001b['],
  ...['web:80 ', 'server web:80;', 'upstream web {', 'proxy_pass https://web;', 'http://', 'a://b@', '{{'],
  ...['https://localhost:', 'sha256:', '@', '1h', '9'.repeat(19), 'é', '\u{1f6a2}', '#', '\\', "'", '[', ','],
  ...[
    'a\n',
    'a{n}\n',
    'a{n},',
    'a{n} ',
    'ssh://a{n}\n',
    'a{n}=b\n',
    'a{n}="b"\n',
    'a{n}:/b{n}\n',
    'a{n}.test=b\n',
  ],
];

/** A piece that is repeated until the text has some length. */
export interface LongText {
  readonly begin?: string;
  readonly piece: string;
  readonly end?: string;
}

export const longText: fc.Arbitrary<LongText> = fc.record({
  begin: fc.constantFrom('', 'a=', 'a="', 'ssh://', 'https://', '/', '-----BEGIN CERTIFICATE-----\n'),
  piece: fc.constantFrom(...PIECES),
  end: fc.constantFrom('', '!', '\n', '}', '"', 'x'),
});

/** @param length of the repeated pieces, in characters */
export function textOfLength({ begin = '', piece, end = '' }: LongText, length: number): string {
  const times = Math.ceil(length / piece.length);
  const around = piece.split('{n}');
  const pieces =
    around.length === 1
      ? piece.repeat(times)
      : Array.from({ length: times }, (_, number) => around.join(String(number))).join('');
  return `${begin}${pieces}${end}`;
}

/** Every object has most of these without being told. */
const NAMES: readonly string[] = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', 'toJSON', 'then'],
  ...['__defineGetter__', 'length', 'name', 'x-', 'x-y', '', '0', 'null', 'on', '-', '.', '..'],
];

const hostileName: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: fc.constantFrom(...NAMES), weight: 3 },
  hostileText(),
);

const scalar: fc.Arbitrary<unknown> = fc.oneof(
  { arbitrary: hostileName, weight: 3 },
  { arbitrary: hostileText(), weight: 3 },
  fc.constantFrom(null, true, false, 0, -1, 1.5, 1e21, -0, Number.MAX_VALUE, '2026-01-01', '1e3', '0x10'),
);

const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { arbitrary: scalar, weight: 5 },
  fc.array(scalar, { maxLength: 3 }),
  fc.array(fc.tuple(hostileName, scalar), { maxLength: 3 }).map((entries) => Object.fromEntries(entries)),
  fc.constant([[[]], {}]),
);

export type HostileChange = (data: unknown) => unknown;

/** @param place of the value that changes, counted in the order of the text */
function atPlace(data: unknown, place: number, change: HostileChange): unknown {
  let left = place % countOf(data);
  const visit = (value: unknown): unknown => {
    left -= 1;
    if (left === -1) return change(value);
    if (Array.isArray(value)) return value.map(visit);
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, visit(each)]));
  };
  return visit(data);
}

function countOf(value: unknown): number {
  const inside = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  return inside.reduce((sum: number, each) => sum + countOf(each), 1);
}

/** A list where a map was, or a map where a list was. */
function inOtherForm(value: unknown): unknown {
  if (Array.isArray(value)) return { ...value };
  return isObject(value)
    ? Object.entries(value).map(([key, each]) => `${key}=${JSON.stringify(each)}`)
    : [value];
}

function allKeysIn(value: unknown): readonly string[] {
  const own = isObject(value) ? Object.keys(value) : [];
  const inside = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  return [...own, ...inside.flatMap(allKeysIn)];
}

/** One name is another one, wherever it stands. */
function renamed(data: unknown, place: number, to: string): unknown {
  const keys = allKeysIn(data);
  const from = keys[place % keys.length];
  return mapStrings(data, (text) => (text === from ? to : text));
}

const place = fc.nat(1_000_000);

/** A long text at some place of valid data, of the length that is asked for. */
export const longChange: fc.Arbitrary<(length: number) => HostileChange> = fc
  .tuple(place, longText)
  .map(([at, text]) => {
    const change =
      (length: number): HostileChange =>
      (data) =>
        atPlace(data, at, () => textOfLength(text, length));
    // What fast-check prints.
    return Object.assign(change, { [fc.toStringMethod]: () => `${fc.stringify(text)} at ${at}` });
  });

/** Something else at some place of valid data. Most of it stays valid. */
export const hostileChange: fc.Arbitrary<HostileChange> = fc.oneof(
  {
    arbitrary: fc.tuple(place, hostileValue).map(
      ([at, value]): HostileChange =>
        (data) =>
          atPlace(data, at, () => value),
    ),
    weight: 16,
  },
  {
    arbitrary: fc.tuple(place, hostileName, hostileValue).map(
      ([at, key, value]): HostileChange =>
        (data) =>
          atPlace(data, at, (old) =>
            isObject(old) ? Object.fromEntries([...Object.entries(old), [key, value]]) : old,
          ),
    ),
    weight: 12,
  },
  {
    arbitrary: place.map(
      (at): HostileChange =>
        (data) =>
          atPlace(data, at, inOtherForm),
    ),
    weight: 8,
  },
  {
    arbitrary: fc.tuple(place, hostileName).map(
      ([at, to]): HostileChange =>
        (data) =>
          renamed(data, at, to),
    ),
    weight: 12,
  },
);
