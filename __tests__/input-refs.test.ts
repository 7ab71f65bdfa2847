import { describe, expect, test } from '@jest/globals';
import { INPUTS } from '../src/inputs/declared-inputs.ts';
import { isFunction, type Node, Program } from './support/messages/syntax.ts';

/** Texts name inputs by `inputRef` and `inputSetting` (src/model/input-ref.ts), so that a terminal shows flags. */

const program = new Program();
const NAMES = [...new Set(Object.values(INPUTS).flatMap((inputs) => Object.keys(inputs)))].join('|');
const VALUES = [
  ...['true', 'false', 'off', 'none', 'caddy', 'direct', 'registry', 'swarm', 'kubernetes', 'docker'],
  ...['update', 'recreate', 'rolling', 'blue-green', 'canary', 'go-on'],
].join('|');
/** `"health-path"`, and in the middle of a text `adopt: true`. */
const BARE_NAME = new RegExp(
  `(?<![-\\w])"(?:${NAMES})"|(?<=\\s"?)(?:${NAMES}): (?:${VALUES})(?![-\\w]|\\.\\w)`,
);

/** Texts that a workflow or a file has, and words that are no inputs. */
const OTHERS = [
  /^src\/(?:cli|init)\//,
  // Snippets of a workflow, for the summary of a job.
  /^src\/report\/(?:rollback-help|removal-report)\.ts$/,
  // A part of the release, which must be the same whoever deploys it.
  /^src\/release\/compose\/why-exclusive\.ts$/,
  // A template of docker, an output, the key of a job.
  /^src\/image\/imagetools\.ts$/,
  /^src\/inputs\/image\.ts$/,
];

const isText = (node: Node): boolean => node.type === 'StringLiteral' || node.type === 'TemplateElement';
const textOf = (node: Node): string =>
  node.type === 'StringLiteral' ? node.value : node.type === 'TemplateElement' ? node.value.raw : '';

describe('a text of src', () => {
  const texts = program.nodes
    .filter(isText)
    .map((node) => ({ file: program.fileOf(node), text: textOf(node) }));

  test('names no input in another way', () => {
    expect(texts.length).toBeGreaterThan(5000);
    expect(
      texts.filter(({ file, text }) => BARE_NAME.test(text) && !OTHERS.some((other) => other.test(file))),
    ).toEqual([]);
  });

  test.each([
    ['Set "health-path" as well.', true],
    ['To take it over, set adopt: true.', true],
    ['deploy with "accessories: update"', true],
    ['Write image: of the service, "docker ps" or pull_policy: never.', false],
    ['Log in to registry.example.com', false],
  ])('%j names one: %j', (text, expected) => {
    expect(BARE_NAME.test(text)).toBe(expected);
  });
});

test('no text with an input is made while modules load, when nobody knows who reads it', () => {
  const calls = ['inputRef', 'inputSetting'].flatMap((name) => program.callsOf(name));
  expect(calls.length).toBeGreaterThan(100);
  const early = calls.filter((call) => {
    for (let each: Node | undefined = call; each !== undefined; each = program.parentOf(each))
      if (isFunction(each)) return false;
    return true;
  });
  expect(early.map((call) => `${program.fileOf(call)}:${call.loc?.start.line}`)).toEqual([]);
});
