import { describe, expect, test } from '@jest/globals';
import type { PinnedImage } from '../../src/model/image.ts';
import type { ReleasedService } from '../../src/model/release.ts';
import { parseHooks } from '../../src/release/hooks.ts';
import { parsePinnedImage } from '../support/pinned.ts';

const image: PinnedImage = parsePinnedImage(`registry.test/shop@sha256:${'a'.repeat(64)}`);

function releaseOf(...names: readonly string[]) {
  const services = names.map((name): readonly [string, ReleasedService] => [
    name,
    { name, image, role: 'served', exclusiveReason: undefined, replicas: 1, oneShot: false },
  ]);
  return { services: Object.fromEntries(services) };
}

describe('hooks of a release', () => {
  test('run in the only released service without naming it', () => {
    expect(
      parseHooks(releaseOf('web'), 'before-release', [
        { service: '', command: `bin/migrate "one two"` },
        { service: 'web', command: 'bin/seed' },
      ]),
    ).toEqual([
      { service: 'web', argv: ['bin/migrate', 'one two'] },
      { service: 'web', argv: ['bin/seed'] },
    ]);
  });

  test('keep their order across services', () => {
    const lines = ['web', 'worker', 'web'].map((service, at) => ({ service, command: `step ${at}` }));
    expect(parseHooks(releaseOf('web', 'worker'), 'after-release', lines)).toEqual([
      { service: 'web', argv: ['step', '0'] },
      { service: 'worker', argv: ['step', '1'] },
      { service: 'web', argv: ['step', '2'] },
    ]);
  });

  test('must name their service if the release has several', () => {
    expect(() =>
      parseHooks(releaseOf('web', 'worker'), 'before-release', [{ service: '', command: 'bin/migrate' }]),
    ).toThrow(
      "before-release: the release has several services (web, worker). Write in which service's container the command runs: web=bin/migrate",
    );
  });

  test('must name a service of the release', () => {
    expect(() =>
      parseHooks(releaseOf('web'), 'after-release', [{ service: 'RAILS_ENV', command: 'x' }]),
    ).toThrow(
      'after-release: the release has no service "RAILS_ENV", only web. If "RAILS_ENV=" belongs to the command, write env RAILS_ENV=… in front of it.',
    );
  });

  test('are rejected if they need a shell', () => {
    expect(() =>
      parseHooks(releaseOf('web'), 'before-release', [{ service: '', command: 'a && b' }]),
    ).toThrow(`before-release: "&" needs a shell`);
  });
});
