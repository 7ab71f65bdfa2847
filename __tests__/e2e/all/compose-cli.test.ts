/** Every Compose file of the fixtures and of the documents, resolved by the official CLI (../compose-cli.test.ts). */
import { writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import type { ComposeSource, EdgeKind } from '../../../src/model/deploy-options.ts';
import type { ResolvedCompose } from '../../../src/release/compose/resolve.ts';
import { splitProject } from '../../../src/release/compose/split-project.ts';
import { CASES, REFUSALS } from '../../support/compose/cases.ts';
import {
  APP,
  asRecord,
  folderOf,
  parseRecord,
  recorded,
  recordOf,
  resolveFiles,
  resolveIn,
  sourceOf,
} from '../../support/compose/fixtures.ts';
import { DOCUMENTS, snippetsIn } from '../../support/documents.ts';
import { readLab } from '../../support/lab.ts';

const { PATH = '' } = readLab().runnerEnvironment;

const split = (resolved: ResolvedCompose, domains: ComposeSource['domains'] = new Map()): unknown => {
  try {
    return splitProject(resolved, APP, domains, 'caddy');
  } catch (error) {
    return String(error);
  }
};

test.each([...CASES, ...REFUSALS])(
  'of the fixture $name $source is recorded what the CLI makes of it',
  async ({ name, source }) => {
    const record = asRecord(await resolveIn(folderOf(name), sourceOf(source), PATH), name);
    // RECORD_FIXTURES=1 takes a new or changed fixture down.
    if (process.env['RECORD_FIXTURES'] !== undefined) await writeFile(recordOf(name), record);
    expect(split(parseRecord(record), source?.domains)).toEqual(split(recorded(name), source?.domains));
  },
);

const edgeOf = (inputs = ''): EdgeKind => (/^ *edge: none$/m.test(inputs) ? 'none' : 'caddy');

/** With the edge that the inputs right before the file ask for. */
const shown = DOCUMENTS.flatMap((document) => {
  const snippets = snippetsIn(document);
  return snippets.map((each, index) => ({ ...each, edge: edgeOf(snippets[index - 1]?.content) }));
}).filter(({ kind }) => kind === 'compose');

test.each(shown)('the Compose file of $name can be delivered', async ({ content, edge }) => {
  const { services } = splitProject(
    // What they mount and name of a checkout and a job.
    await resolveFiles({ 'compose.yaml': content, 'nginx.conf': 'events {}\n' }, PATH, undefined, {
      environment: { DATABASE_PASSWORD: 'secret' },
    }),
    APP,
    new Map(),
    edge,
  );
  expect(Object.keys(services).length).toBeGreaterThan(0);
});
