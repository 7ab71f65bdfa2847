import { expect, test } from '@jest/globals';
import type { EngineVersion } from '../../src/engine/engine.ts';
import type { HostName } from '../../src/model/identifiers.ts';
import { nameLookupNotices } from '../../src/rollout/name-lookup.ts';
import { makeRelease } from '../plan/world.ts';
import { hostName } from '../support/identifiers.ts';

/** As engines are: with methods that need their object. */
class VersionedEngine {
  readonly host: HostName;
  readonly #version: EngineVersion;

  constructor(version: string, apiVersion: string) {
    this.host = hostName(`ssh://${version}`);
    this.#version = { version, apiVersion } as EngineVersion;
  }

  version(): Promise<EngineVersion> {
    return Promise.resolve(this.#version);
  }
}
const ENGINES = [new VersionedEngine('27.5', '1.47'), new VersionedEngine('28.0', '1.48')];

const releaseOn = (...names: readonly string[]) => ({
  ...makeRelease('11111111', { web: 'served' }),
  compose: {
    services: { web: { networks: Object.fromEntries(names.map((name) => [name, null])) } },
    networks: Object.fromEntries(names.map((name) => [name, { name, external: true }])),
  },
});

test('a network that comes before that of a slot has a notice for engines that know no priorities', async () => {
  const notices = await nameLookupNotices(ENGINES, releaseOn('a-network', 'zoo'));
  expect(notices).toEqual([
    expect.stringMatching(/^ssh:\/\/27\.5: Docker 27\.5 looks names up in the network a-network first/),
  ]);
});

test('networks that come later need none', async () => {
  expect(await nameLookupNotices(ENGINES, releaseOn('zoo'))).toEqual([]);
});
