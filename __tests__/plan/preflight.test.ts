import { describe, expect, test } from '@jest/globals';
import { ConfigurationError } from '../../src/model/errors.ts';
import type { Release, ReleasedService, UpdateConfig } from '../../src/model/release.ts';
import type { Strategy } from '../../src/model/strategy.ts';
import { chooseStrategy } from '../../src/plan/preflight.ts';
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

describe('the strategy', () => {
  test.each<[string, Release, Strategy | undefined, Strategy['name']]>([
    ['is blue-green', withWeb({}), undefined, 'blue-green'],
    [
      'is rolling when a service with replicas stops first',
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
      'may be blue-green all the same',
      withWeb({ replicas: 3, update: stopFirst }),
      { name: 'blue-green' },
      'blue-green',
    ],
    ['is what was asked for', withWeb({}), canary, 'canary'],
    [
      'is recreate where the release demands it',
      { ...withWeb({}), recreateReason: 'x' },
      undefined,
      'recreate',
    ],
  ])('%s', (_, release, asked, name) => {
    expect(chooseStrategy(release, asked).name).toBe(name);
  });

  test.each<[string, Release, Strategy, RegExp]>([
    [
      'overlaps what can not stand twice',
      { ...withWeb({}), recreateReason: 'web needs db' },
      { name: 'rolling' },
      /^strategy: .*rolling: web needs db. Leave "strategy" empty or set it to recreate/,
    ],
    [
      'is a canary of the same',
      { ...withWeb({}), recreateReason: 'web needs db' },
      canary,
      /"strategy" and "canary" empty/,
    ],
    [
      'is a canary without ways in',
      { ...withWeb({}), routes: [] },
      canary,
      /^canary: there are no visitors.*leave "canary" empty/,
    ],
    [
      'is a canary of what can not stand twice',
      withWeb({ role: 'exclusive', exclusiveReason: 'container_name: web' }),
      canary,
      /^canary: .*container_name: web/,
    ],
  ])('is refused when it %s', (_, release, asked, says) => {
    const choose = (): unknown => chooseStrategy(release, asked);
    expect(choose).toThrow(ConfigurationError);
    expect(choose).toThrow(says);
  });
});
