import { describe, expect, test } from '@jest/globals';
import { errorMessages } from './support/messages/messages.ts';
import { read } from './support/repository.ts';

/** docs/troubleshooting.md has each error of src/ by its words, and no error that src/ does not have. */

const PAGE = 'docs/troubleshooting.md';
const errors = errorMessages();
const rows = rowsOf(read(PAGE));

/** Whose message is that of another error: they only pass it on. */
const PASSING_ON = [
  'src/cli/settings-file.ts',
  'src/cli/workflow-inputs.ts',
  'src/cluster-report.ts',
  'src/edge/replace-edge.ts',
  'src/image/explain-build-failure.ts',
  'src/image/login.ts',
  'src/image/registry-failures.ts',
  'src/inputs/request.ts',
  'src/registry/refusal.ts',
  'src/registry/network-failures.ts',
  'src/registry/web-connections.ts',
  'src/release/compose/problems.ts',
  'src/release/stack/stack-project.ts',
  'src/report/failures.ts',
  'src/rollout/await-accessories.ts',
  'src/rollout/bring-image.ts',
  'src/rollout/pull-image.ts',
  'src/run/run-program.ts',
  'src/trust/sigstore-services.ts',
];

describe('the errors of src', () => {
  test('are found in the code', () => {
    expect(errors.length).toBeGreaterThan(200);
  });

  test('have words, except where an error only passes on another one', () => {
    const wordless = errors.filter(({ texts }) => texts.every((text) => wordsOf(text).length === 0));
    expect(wordless.filter(({ file }) => !PASSING_ON.includes(file))).toEqual([]);
  });

  test('have a row each, in which a reader finds the words of the message', () => {
    const missing = errors.flatMap(({ file, texts }) =>
      texts
        .filter((text) => wordsOf(text).length > 0 && !rows.some((row) => shows(row, text)))
        .map((text) => `${file}: ${text}`),
    );
    expect(missing).toEqual([]);
  });
});

describe('docs/troubleshooting.md', () => {
  const texts = errors.flatMap((error) => error.texts);

  test('has no message that src does not have', () => {
    const unknown = rows.filter((row) => !texts.some((text) => shows(row, text)));
    expect(unknown.map(({ message }) => message)).toEqual([]);
  });

  test('has no message twice', () => {
    const messages = rows.map(({ message }) => message);
    expect(messages.filter((message, index) => messages.indexOf(message) !== index)).toEqual([]);
  });

  test('says for each message what caused it and what to do', () => {
    const lines = read(PAGE)
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    expect(lines.filter((line) => !/^\| .+ \| .+ \| .+ \|$/.test(line))).toEqual([]);
  });
});

interface Row {
  readonly message: string;
  readonly pattern: RegExp;
}

/** The messages of the tables: code in the first column, each message in its own line of the cell. */
function rowsOf(page: string): readonly Row[] {
  const messages = [...page.matchAll(/^\| (?<cell>`.*?`) \| /gm)].flatMap(({ groups }) =>
    (groups?.['cell'] ?? '')
      .split('<br>')
      .map((span) => span.replace(/^`(.*)`$/, '$1').replaceAll('\\|', '|')),
  );
  return messages.map((message) => {
    const parts = message.split(/\s*…\s*/).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return { message, pattern: new RegExp(`^(?:…: )?${parts.join('.*?')}`, 's') };
  });
}

/** Whether the row shows the beginning of the message, with at least four words of its first sentence if it has so many. */
function shows({ message, pattern }: Row, text: string): boolean {
  if (!pattern.test(text)) return false;
  const [sentence = ''] = text.split(/(?<=[.?]) (?=[A-Z"(])/);
  return wordsOf(message).length >= Math.min(4, wordsOf(sentence).length);
}

function wordsOf(text: string): readonly string[] {
  return text.match(/\p{L}[\p{L}'-]*/gu) ?? [];
}
