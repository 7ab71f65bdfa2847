/**
 * The form of what Sealift keeps on a host. RECORD_STATE=1 records it: that makes the fixture of a new format, which
 * rollout/state-formats.test.ts reads from then on.
 */
import { expect, test } from '@jest/globals';
import { parseReleaseId } from '../../../src/model/identifiers.ts';
import { RECORD_FORMAT } from '../../../src/release/record-format.ts';
import { appInVersions } from '../../support/app-in-versions.ts';
import { domainInputs } from '../../support/domain.ts';
import { snapshot } from '../../support/lab/snapshot.ts';
import { labWith } from '../../support/lab.ts';
import { ownEngine } from '../../support/own-engine.ts';
import { readStateFixture, shapeOf, stateOn, writeStateFixture } from '../../support/state-fixtures.ts';
import { reportOf, succeeded } from '../../support/test-app.ts';

const lab = await labWith(1);
const versions = appInVersions({
  lab,
  stem: 'format',
  behaviour: { UP_AFTER_MS: 0 },
  // Of the base of the app's image, so that nothing else is to be pulled.
  others: () => ({
    cache: { image: 'node:24-slim', command: ['sleep', 'infinity'], stop_grace_period: '1s' },
  }),
});

test('what a deploy writes now has the form of the recorded state of this format', async () => {
  const { app } = versions;
  const { server, name, environment } = app;
  const before = await app.status();
  const domains = domainInputs(lab, [`${name}.${server.domain}`]);
  const live = succeeded(await versions.deploy({}, domains));
  versions.stays();
  const failed = await versions.deploy({ UP_AFTER_MS: 'never' }, { ...domains, 'health-timeout': '5s' });
  expect(failed.succeeded).toBe(false);
  const state = await stateOn(server, name);
  const edge = [...(await server.engine.containers(`${name}-`)).values()].find(
    ({ labels }) => labels['sealift.role'] === 'edge',
  );
  const expected = {
    ...{ app: name, environment },
    live: parseReleaseId(live.outputs['release'] ?? ''),
    previous: parseReleaseId(before.outputs['release'] ?? ''),
    failed: parseReleaseId(reportOf(failed).release),
    edge: edge?.labels['sealift.edge'] ?? '',
  };
  if (process.env['RECORD_STATE'] === '1') writeStateFixture(RECORD_FORMAT, state, expected);
  const recorded = readStateFixture(RECORD_FORMAT).state;
  // Names of the edge's files have the port.
  const names = ({ files }: typeof state): readonly string[] =>
    Object.keys(files)
      .map((file) => file.replace(/\.\d{4,5}\./, '.PORT.'))
      .sort((one, other) => one.localeCompare(other));
  expect(names(state)).toEqual(names(recorded));
  const records = ({ files }: typeof state): readonly string[] => {
    const [head = '', body = ''] = (files['records/a.json'] ?? '').split('\n');
    return [head, body].flatMap((text) => shapeOf(JSON.parse(text)));
  };
  expect(records(state)).toEqual(records(recorded));
});

test('what a newer Sealift has written is refused by each command with a sentence, and nothing is changed', async () => {
  const { app } = versions;
  const { server, name, environment } = app;
  const own = await ownEngine(lab, server);
  const [records] = [...(await server.engine.containers(`${name}-`))].filter(([each]) =>
    each.endsWith('-records'),
  );
  const newer = `{"sequence":100,"format":${RECORD_FORMAT + 1},"sha256":"of another kind"}\n{}\n`;
  await own.engine.writeFiles(
    records?.[1].id ?? '',
    '/sealift',
    new Map(['a', 'b'].map((file) => [`records/${file}.json`, { content: newer, mode: 0o600 }])),
  );
  await own.close();
  const load = await versions.visit();
  const only = new RegExp(name);
  const before = await snapshot(server, { only });
  for (const run of [
    await versions.deploy(),
    await app.rollback(),
    await app.removeEnvironment(),
    await app.status(),
  ]) {
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toMatch(
      /the records of this app were written by a newer Sealift \(format \d+; this one knows \d+\)/,
    );
    expect(await snapshot(server, { only })).toBe(before);
  }
  const status = reportOf(await app.status());
  expect(status).toMatchObject({
    environment,
    hosts: [{ unknown: true, why: expect.stringContaining('newer Sealift') }],
  });
  load.expect(versions.live);
  expect((await load.stop()).failures).toEqual([]);
});
