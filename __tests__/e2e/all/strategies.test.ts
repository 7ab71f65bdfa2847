/** Every strategy with every kind of app: the first deploy, a change before visitors' eyes, nothing changed, and by force. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { inBackground } from '../../../src/run/promises.ts';
import type { ActionRun } from '../../support/action.ts';
import { buildVersions, type Version } from '../../support/apps/images.ts';
import { type Kind, KindApp, STRATEGIES } from '../../support/kind-app.ts';
import { removeApp } from '../../support/lab/cleanup.ts';
import { snapshot } from '../../support/lab/snapshot.ts';
import { labWith, type Server, serverOf, uniqueName } from '../../support/lab.ts';
import { plainCrowd } from '../../support/load/crowd.ts';
import { type Load, startCrowd } from '../../support/load/load.ts';
import { reportOf, succeeded } from '../../support/test-app.ts';

const lab = await labWith(2, { builds: true });

const kind = (
  strategy: Kind['strategy'],
  replicas: Kind['replicas'],
  health: Kind['health'],
  services: Kind['services'],
  ways: Kind['ways'],
  change: Kind['change'],
): Kind => ({ strategy, replicas, health, services, ways, change });

const KINDS: readonly Kind[] = [
  kind('blue-green', 1, 'HEALTHCHECK', 'one service', 'ports', 'image'),
  kind('blue-green', 3, 'no HEALTHCHECK', 'several services', 'domains', 'environment'),
  kind('rolling', 1, 'no HEALTHCHECK', 'several services', 'ports', 'image'),
  kind('rolling', 3, 'HEALTHCHECK', 'one service', 'domains', 'environment'),
  kind('rolling', 3, 'HEALTHCHECK', 'several services', 'ports', 'image'),
  kind('canary', 3, 'HEALTHCHECK', 'several services', 'ports', 'environment'),
  kind('canary', 1, 'no HEALTHCHECK', 'one service', 'domains', 'image'),
  kind('recreate', 3, 'no HEALTHCHECK', 'one service', 'domains', 'image'),
  kind('recreate', 1, 'HEALTHCHECK', 'several services', 'ports', 'environment'),
];

/** How the log tells that traffic moved this way and no other. */
const moved: Record<Kind['strategy'], (kind: Kind) => RegExp> = {
  'blue-green': () => /switch traffic/,
  rolling: ({ replicas }) =>
    replicas === 1 ? /switch traffic/ : /✓ .* stop web 1 of[\s\S]*✓ .* start .*web 1–2 of/,
  canary: () => /send 20% of the visitors/,
  recreate: () => /nothing answered for/,
};

test('the table has every two values together, of any two columns', () => {
  const columns = ['strategy', 'replicas', 'health', 'services', 'ways', 'change'] as const;
  for (const one of columns) {
    for (const other of columns.slice(columns.indexOf(one) + 1)) {
      const values = (column: typeof one): number => new Set(KINDS.map((each) => each[column])).size;
      const pairs = new Set(KINDS.map((each) => `${each[one]}, ${each[other]}`));
      expect({ one, other, pairs: pairs.size }).toEqual({ one, other, pairs: values(one) * values(other) });
    }
  }
  expect(new Set(KINDS.map(({ strategy }) => strategy)).size).toBe(STRATEGIES.length);
});

/** Every way in leads to this version, whose containers all run, and of the release before none does. */
async function expectLive(it: KindApp, version: 1 | 2, { outputs }: ActionRun): Promise<void> {
  expect(await it.answers()).toEqual(it.places.map(() => String(version)));
  expect(await it.app.release(outputs['release'])).toEqual(it.whole('running'));
  const { 'previous-release': previous } = outputs;
  if (previous !== '') expect(await it.app.release(previous)).toEqual(it.whole('exited'));
}

/** A kind of app from its first deploy to the fourth, under the eyes of visitors. */
async function prove(kind: Kind, server: Server, images: readonly Version[]): Promise<void> {
  const it = await KindApp.make(lab, server, kind, images);
  const { app, places } = it;
  const held = (): Promise<string> => snapshot(server, { only: new RegExp(app.name) });
  let load: Load | undefined;
  try {
    const first = succeeded(await it.deploy(1));
    expect(reportOf(first).result).toBe('deployed');
    await expectLive(it, 1, first);

    load = startCrowd(places.flatMap((place) => plainCrowd(place, { visitors: 1, pause: 60 })));
    load.expect('1', '2');
    await load.answered('1', 20);
    const second = succeeded(await it.deploy(2));
    load.expect('2');
    expect(reportOf(second)).toMatchObject({ result: 'deployed', strategy: kind.strategy });
    expect(second.outputs['previous-release']).toBe(first.outputs['release']);
    expect(second.log).toMatch(moved[kind.strategy](kind));
    await expectLive(it, 2, second);

    const before = await held();
    const again = succeeded(await it.deploy(2));
    expect(reportOf(again).result).toBe('unchanged');
    expect(again.log).toContain(
      `Release ${second.outputs['release']} is live on every host already: nothing to do.`,
    );
    expect(await held()).toBe(before);

    const forced = succeeded(await it.deploy(2, { force: 'true' }));
    expect(reportOf(forced).result).toBe('deployed');
    expect(forced.outputs['previous-release']).toBe(second.outputs['release']);
    await expectLive(it, 2, forced);

    await load.answered('2', 20);
    const { failures, seed } = await load.stop();
    if (kind.strategy !== 'recreate') expect({ failures, seed }).toEqual({ failures: [], seed });
    expect(await it.answeringReplicas()).toBe(kind.replicas);
  } finally {
    await load?.stop();
    await app.remove();
  }
}

describe('a strategy', () => {
  const name = uniqueName('kinds');
  const proofs = new Map<Kind, Promise<void>>();

  beforeAll(async () => {
    const images = await buildVersions(lab, `${lab.registry.address}/e2e/${name}`, ['1', '2']);
    // One after another on each of two servers: most of what a deploy does is to wait.
    for (const [index, server] of [serverOf(lab, 0), serverOf(lab, 1)].entries()) {
      let last: Promise<unknown> = Promise.resolve();
      for (const kind of KINDS.filter((_, at) => at % 2 === index)) {
        const proof = inBackground(last.then(() => prove(kind, server, images)));
        proofs.set(kind, proof);
        last = proof.catch(() => undefined);
      }
    }
  });
  afterAll(async () => {
    await Promise.allSettled(proofs.values());
    await Promise.all(lab.servers.map((server) => removeApp(server, name)));
  });

  test.each(KINDS)(
    '$strategy: $replicas × web, $health, $services, $ways, another $change',
    async (kind) => await proofs.get(kind),
  );
});
