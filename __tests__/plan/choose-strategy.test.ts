import { describe, expect, test } from '@jest/globals';
import { ConfigurationError } from '../../src/model/errors.ts';
import type { Release, ReleasedService, UpdateConfig } from '../../src/model/release.ts';
import type { Strategy } from '../../src/model/strategy.ts';
import { chooseStrategy } from '../../src/plan/choose-strategy.ts';
import { UPDATE } from '../support/usual.ts';
import { makeRelease } from './world.ts';

const stopFirst: UpdateConfig = { ...UPDATE, order: 'stop-first' };
const canary: Strategy = { name: 'canary', steps: [{ share: 1, duration: 0 }] };

function withWeb(changes: Partial<ReleasedService>): Release {
  const made = makeRelease('new', { web: 'served', jobs: 'worker' });
  const services = Object.values(made.services).map((service) =>
    service.name === 'web' ? { ...service, ...changes } : service,
  );
  return { ...made, services: Object.fromEntries(services.map((service) => [service.name, service])) };
}

describe('chooseStrategy', () => {
  test.each<[string, Release, Strategy | undefined, Strategy['name']]>([
    ['is blue-green by default', withWeb({}), undefined, 'blue-green'],
    [
      'is rolling if a service with several replicas is stop-first',
      withWeb({ replicas: 3, update: stopFirst }),
      undefined,
      'rolling',
    ],
    [
      'is not rolling for a single replica',
      withWeb({ replicas: 1, update: stopFirst, role: 'exclusive' }),
      undefined,
      'blue-green',
    ],
    [
      'is blue-green on request, although a service is stop-first',
      withWeb({ replicas: 3, update: stopFirst }),
      { name: 'blue-green' },
      'blue-green',
    ],
    ['is the one that the user asked for', withWeb({}), canary, 'canary'],
    [
      'is recreate if the release can only be recreated',
      { ...withWeb({}), recreateReason: 'x' },
      undefined,
      'recreate',
    ],
  ])('the strategy %s', (_, release, requested, name) => {
    expect(chooseStrategy(release, requested).name).toBe(name);
  });

  test.each<[string, Release, Strategy, RegExp]>([
    [
      'rolling, for a release that can only be recreated',
      { ...withWeb({}), recreateReason: 'web needs db' },
      { name: 'rolling' },
      /^strategy: .*rolling: web needs db. Leave "strategy" empty or set it to recreate/,
    ],
    [
      'canary, for a release that can only be recreated',
      { ...withWeb({}), recreateReason: 'web needs db' },
      canary,
      /"strategy" and "canary" empty/,
    ],
    [
      'canary, for a release without routes',
      { ...withWeb({}), routes: [] },
      canary,
      /^canary: there are no visitors.*leave "canary" empty/,
    ],
    [
      'canary, for visitors of an exclusive service',
      withWeb({ role: 'exclusive', exclusiveReason: 'network_mode: host' }),
      canary,
      /^canary: .*network_mode: host/,
    ],
  ])('a strategy that the release can not do is rejected: %s', (_, release, requested, says) => {
    const choose = (): unknown => chooseStrategy(release, requested);
    expect(choose).toThrow(ConfigurationError);
    expect(choose).toThrow(says);
  });
});
