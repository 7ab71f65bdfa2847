/** Deploys again and again: what a host holds of an app after the fiftieth deploy is what it held after the tenth. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readState, recordsFromFiles, saveRecords } from '../../../src/rollout/state-store.ts';
import { buildVersions, type Version } from '../../support/apps/images.ts';
import { compose, HEALTH } from '../../support/apps/probe.ts';
import { labWith } from '../../support/lab.ts';
import { startLoad } from '../../support/load/load.ts';
import { ownEngine } from '../../support/own-engine.ts';
import { reportOf, succeeded, type TestApp, testApp } from '../../support/test-app.ts';

const lab = await labWith(1, { builds: true });
const KEEP = 3;
/** More than are kept, so that each has gone from the host when its turn comes again. */
const IMAGES = 6;
const DEPLOYS = 50;
/** Lines of history that a record has: as many as it ever keeps. */
const HISTORY = 100;

let app: TestApp;
let versions: readonly Version[];

beforeAll(async () => {
  app = await testApp({
    lab,
    stem: 'fiftieth',
    files: (port) =>
      compose({ services: { web: { image: '${IMAGE}', ports: [`${port}:3000`], healthcheck: HEALTH } } }),
  });
  const names = Array.from({ length: IMAGES }, (_, index) => String(index));
  versions = await buildVersions(lab, app.repository, names);
});
afterAll(() => app.remove());

/** Makes the host one that has seen as many deploys as its record can hold: its own lines of history, many times over. */
async function age(): Promise<void> {
  const own = await ownEngine(lab, app.server);
  try {
    const containers = await own.engine.listContainers([`sealift.app=${app.name}`]);
    const records = recordsFromFiles(own.engine, await readState(own.engine, app.of, containers));
    const { history, sequence } = records;
    const long = Array.from({ length: HISTORY }, () => history)
      .flat()
      .slice(-HISTORY);
    await saveRecords(own.engine, app.of, { ...records, history: long, sequence: sequence + 1 });
  } finally {
    await own.close();
  }
}

/** Everything on the host that could grow. */
async function holdings() {
  const { engine } = app.server;
  const edge = await engine.get(`/containers/${app.name}-production-edge/json?size=1`);
  const { Volumes }: { Volumes: unknown[] } = await engine.get('/volumes');
  const networks: unknown[] = await engine.get('/networks');
  const images: { RepoTags: string[] | null }[] = await engine.get('/images/json?all=1');
  const files = await engine.files(`${app.name}-production-records`, '/sealift');
  const sizes = [...files.keys()].sort().map((name) => [name, files.get(name)?.content.length ?? 0] as const);
  return {
    containers: Object.values(await app.containers()).sort(),
    volumes: Volumes.length,
    networks: networks.length,
    images: images.length,
    tags: images.flatMap(({ RepoTags }) => RepoTags ?? []).filter((tag) => tag.includes(app.name)).length,
    files: sizes.map(([name]) => name),
    edgeFiles: sizes.filter(([name]) => !name.includes('records/')),
    records: sizes.filter(([name]) => name.includes('records/')).map(([, size]) => size),
    writtenByEdge: edge.SizeRw,
  };
}

test('on a host with a hundred deploys behind it no further one leaves more than those before: containers, images, networks, volumes, records, files of the edge', async () => {
  const deploy = async (turn: number): Promise<void> => {
    const { image, version = '' } = versions[turn % IMAGES] ?? {};
    const run = succeeded(await app.deploy(image, { keep: String(KEEP) }));
    expect(reportOf(run).result).toBe('deployed');
    expect(await app.version()).toBe(version);
  };
  await deploy(1);
  await deploy(2);
  await age();
  for (let turn = 3; turn <= 10; turn += 1) await deploy(turn);
  const tenth = await holdings();

  const load = startLoad(app.url(), { visitors: 1, pause: 50 });
  for (let turn = 11; turn <= DEPLOYS; turn += 1) await deploy(turn);
  expect((await load.stop()).failures).toEqual([]);
  const last = await holdings();

  const { records, writtenByEdge, ...others } = last;
  expect(others).toEqual({ ...tenth, records: undefined, writtenByEdge: undefined });
  // A line of history more for each deploy would be a third more.
  expect(Math.max(...records)).toBeLessThan(Math.max(...tenth.records) * 1.05);
  expect(writtenByEdge).toBeLessThanOrEqual(tenth.writtenByEdge);
  expect(others.containers.filter((state) => state === 'running')).toHaveLength(2);
  expect(others.tags).toBe(KEEP);
});
