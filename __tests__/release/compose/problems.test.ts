import { expect, test } from '@jest/globals';
import { Problems } from '../../../src/release/compose/problems.ts';

test('a problem is one line that says what to do, however long the text is that it quotes', () => {
  const problems = new Problems();
  problems.add(
    `compose-file: web has the command "${'x\n'.repeat(500_000)}". Write another one.`,
    'services',
  );
  problems.add('compose-file: db has no image. Name one.');
  expect(() => problems.throwIfAny()).toThrow(
    /^compose-file: web has the command … Write another one\.\ncompose-file: db has no image\. Name one\.$/,
  );
});
