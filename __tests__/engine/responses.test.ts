import { describe, expect, test } from '@jest/globals';
import { Fields } from '../../src/engine/fields.ts';
import { parseContainerDetails, parseImageDetails } from '../../src/engine/responses.ts';

test('a reference by digest is no tag, although the containerd image store lists it as one', () => {
  const digest = `redis@sha256:${'1'.repeat(64)}`;
  const own = `sealift/shop-test@sha256:${'1'.repeat(64)}`;
  const image = { RepoTags: [digest, 'sealift/shop-test:a-0'], RepoDigests: [digest, own] };
  expect(parseImageDetails(new Fields(image))).toMatchObject({
    repoTags: ['sealift/shop-test:a-0'],
    repoDigests: [digest, own],
  });
});

describe('the HEALTHCHECK of a container', () => {
  const healthcheckOf = (Healthcheck: unknown, more: object = {}): unknown =>
    parseContainerDetails({ Config: { Healthcheck, ...more } }).healthcheck;

  test('has the defaults of the engine', () => {
    const expected = { argv: ['/bin/sh', '-c', 'curl x'], interval: 30_000, timeout: 30_000, startPeriod: 0 };
    expect(healthcheckOf({ Test: ['CMD-SHELL', 'curl x'] })).toEqual({ ...expected, startInterval: 5_000 });
  });

  test('has times in milliseconds, and the shell of the image', () => {
    const times = { Interval: 300e9, Timeout: 3e9, StartPeriod: 40e9, StartInterval: 1e9 };
    const expected = { interval: 300_000, timeout: 3_000, startPeriod: 40_000, startInterval: 1_000 };
    expect(healthcheckOf({ Test: ['CMD', 'check', 'it'], ...times })).toEqual({
      argv: ['check', 'it'],
      ...expected,
    });
    expect(healthcheckOf({ Test: ['CMD-SHELL', 'x'] }, { Shell: ['bash', '-ec'] })).toMatchObject({
      argv: ['bash', '-ec', 'x'],
    });
  });

  test.each([[undefined], [{ Test: ['NONE'] }], [{ Test: [] }]])('may be missing: %j', (healthcheck) => {
    expect(healthcheckOf(healthcheck)).toBeUndefined();
  });

  test('was not run yet while its log is empty', () => {
    const healthOf = (Health: object): unknown => parseContainerDetails({ State: { Health } }).health;
    expect(healthOf({ Status: 'starting', Log: [] })).toMatchObject({ status: 'starting', unchecked: true });
    expect(healthOf({ Status: 'starting', Log: [{ Output: 'no' }] })).not.toHaveProperty('unchecked');
  });
});
