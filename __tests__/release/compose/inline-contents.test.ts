import { describe, expect, test } from '@jest/globals';
import { inlineContents } from '../../../src/release/compose/inline-contents.ts';
import { Problems } from '../../../src/release/compose/problems.ts';

function inlined(contents: Readonly<Record<string, string>>): Problems {
  const problems = new Problems();
  const names = Object.keys(contents);
  const config = { services: {}, secrets: Object.fromEntries(names.map((name) => [name, { file: name }])) };
  inlineContents(config, new Map(names.map((name) => [`secret:${name}`, contents[name] ?? ''])), problems);
  return problems;
}

describe('the content of a secret is rejected', () => {
  test.each([
    ['a zero byte', 'a\0b'],
    ['bytes that are no UTF-8', Buffer.from([0x30, 0x82, 0xff]).toString('utf8')],
  ])('if it has %s', (_, content) => {
    expect(() => inlined({ keystore: content }).throwIfAny()).toThrow(
      'secret keystore is not text (UTF-8). Store it as base64 text',
    );
  });

  test('if it is longer than the kernel allows for one variable', () => {
    expect(() => inlined({ large: 'x'.repeat(128 * 1024) }).throwIfAny()).toThrow(
      'secret large has 128 KiB, but the limit is 127 KiB',
    );
    expect(() => inlined({ fits: 'x'.repeat(127 * 1024) }).throwIfAny()).not.toThrow();
  });

  test('if all contents are longer than the environment of a process', () => {
    const many = Object.fromEntries(
      Array.from({ length: 11 }, (_, at) => [`s${at}`, 'x'.repeat(100 * 1024)]),
    );
    expect(() => inlined(many).throwIfAny()).toThrow(
      'secrets and configs hold 1100 KiB, but the limit is 1024 KiB',
    );
  });
});
