import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { EdgeKind } from '../../src/model/deploy-options.ts';
import type { ServiceName } from '../../src/model/identifiers.ts';
import type { PinnedImage } from '../../src/model/image.ts';
import { mapValues } from '../../src/model/json.ts';
import type { Origin } from '../../src/model/release.ts';
import { parseComposeConfig } from '../../src/release/compose/compose-cli.ts';
import type { Domains } from '../../src/release/compose/domain-backends.ts';
import { namedBackends } from '../../src/release/compose/named-backends.ts';
import type { ResolvedCompose } from '../../src/release/compose/resolve.ts';
import { splitProject } from '../../src/release/compose/split-project.ts';
import {
  baseObjects,
  filesToWrite,
  makeRelease,
  networksBeforeSlots,
  renderBase,
  renderRelease,
} from '../../src/release/make-release.ts';
import { makeStackRelease } from '../../src/release/stack/make-stack-release.ts';
import { stackProject } from '../../src/release/stack/stack-project.ts';
import { CASES } from '../support/compose/cases.ts';
import { APP, REPOSITORY, recorded } from '../support/compose/fixtures.ts';
import { type HostileChange, hostileChange, longChange, textOfLength } from '../support/hostile-data.ts';
import { outcomeOf, outcomeOfLong, outcomeOfMany } from '../support/hostile-outcome.ts';
import { type GrowingFile, growingFile } from '../support/many-services.ts';
import { parsePinnedImage } from '../support/pinned.ts';

const IMAGE = parsePinnedImage(`${REPOSITORY}@sha256:${'a'.repeat(64)}`);
const HEALTH = { path: undefined, timeout: 60_000 };
const ORIGIN: Origin = {
  ...{ revision: '1'.repeat(40), ref: 'main', actor: 'mona', runUrl: undefined, repository: 'me/shop' },
  ...{ tags: [], createdAt: '2026-01-01T00:00:00Z' },
};
/** The inputs whose messages there are. */
const INPUT = /^(?:compose-file|domains|image): /;

const FILES = CASES.map(({ name, source }) => ({
  resolved: recorded(name),
  domains: source?.domains ?? new Map(),
}));

/** As Compose prints it. */
function withChanges(resolved: ResolvedCompose, changes: readonly HostileChange[]): ResolvedCompose {
  const config = changes.reduce((data, change) => change(data), resolved.config as unknown);
  return { ...resolved, config: parseComposeConfig(JSON.stringify(config)) };
}

const otherChange = fc.array(hostileChange, { maxLength: 1 });

/** A file that people have, with something else at one place or two. */
const hostileFile: fc.Arbitrary<{ readonly resolved: ResolvedCompose; readonly domains: Domains }> = fc
  .record({
    file: fc.constantFrom(...FILES),
    changes: fc.array(hostileChange, { minLength: 1, maxLength: 2 }),
  })
  .map(({ file: { resolved, domains }, changes }) => ({ domains, resolved: withChanges(resolved, changes) }));

/** One for whatever is built. */
const imagesFor = (services: Readonly<Record<ServiceName, { readonly imageKey: string }>>) =>
  new Map<string, PinnedImage>(
    ['', ...Object.values(services).map(({ imageKey }) => imageKey)].map((key) => [key, IMAGE]),
  );

function releaseOf(resolved: ResolvedCompose, domains: Domains, edge: EdgeKind) {
  const split = splitProject(resolved, APP, domains, edge);
  const release = makeRelease(split, imagesFor(split.services), HEALTH, ORIGIN);
  const files = filesToWrite(release, split.confidential, Object.keys(release.services));
  const written = [
    renderRelease(release, 'blue'),
    renderBase(release),
    baseObjects(release),
    networksBeforeSlots(release),
  ];
  return { split, release, files, written: JSON.stringify(written) };
}

function stackReleaseOf(resolved: ResolvedCompose) {
  const project = stackProject(resolved, APP);
  const others = new Map(Object.entries(mapValues(project.otherImages, () => IMAGE)));
  const images = { built: imagesFor(project.services), others };
  return { project, ...makeStackRelease(project, images, HEALTH, ORIGIN) };
}

test('any Compose file is a release with all its services, or refused with plain words: 500 hostile ones', async () => {
  const outcomes = { made: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(hostileFile, fc.constantFrom('caddy', 'none'), async ({ resolved, domains }, edge) => {
      const made = await outcomeOf(() => releaseOf(resolved, domains, edge), INPUT);
      outcomes[made === undefined ? 'refused' : 'made'] += 1;
      if (made === undefined) return;
      const { release, split } = made;
      const services = [
        ...Object.keys(release.compose.services),
        ...Object.keys(release.base.services),
        ...split.buildOnly,
      ];
      expect(new Set(services)).toEqual(new Set(Object.keys(resolved.config.services)));
      expect(Object.keys(release.services)).toEqual(Object.keys(release.compose.services));
    }),
    { numRuns: 500 },
  );
  for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(0);
});

test('any Compose file is a stack with all its services, or refused with plain words: 300 hostile ones', async () => {
  const outcomes = { made: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(hostileFile, async ({ resolved }) => {
      const made = await outcomeOf(() => stackReleaseOf(resolved), INPUT);
      outcomes[made === undefined ? 'refused' : 'made'] += 1;
      if (made === undefined) return;
      const { release, project } = made;
      const services = [...Object.keys(release.services), ...project.buildOnly];
      expect(new Set(services)).toEqual(new Set(Object.keys(resolved.config.services)));
      expect(Object.keys(release.definition.services)).toEqual(Object.keys(release.services));
    }),
    { numRuns: 300 },
  );
  for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(0);
});

test('a megabyte of text in a Compose file costs no more time than its length: 20 places', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...FILES),
      otherChange,
      longChange,
      async ({ resolved, domains }, other, long) => {
        const file = (length: number) => withChanges(resolved, [...other, long(length)]);
        await outcomeOfLong((length) => releaseOf(file(length), domains, 'caddy'), INPUT);
        await outcomeOfLong((length) => stackReleaseOf(file(length)), INPUT);
      },
    ),
    { numRuns: 20 },
  );
});

/** What becomes of a file with so many services or entries. */
const outcomeOfFile = async (file: GrowingFile): Promise<void> => {
  const resolved = (count: number): ResolvedCompose => ({
    ...recorded('flask'),
    config: parseComposeConfig(JSON.stringify(file(count))),
  });
  await outcomeOfMany((count) => releaseOf(resolved(count), new Map(), 'caddy'), INPUT);
  await outcomeOfMany((count) => stackReleaseOf(resolved(count)), INPUT);
};

test('a small Compose file of many services or entries takes less time than the cube of its size: 5 of them', async () => {
  await fc.assert(fc.asyncProperty(growingFile, outcomeOfFile), { numRuns: 5 });
}, 600_000);

test('a proxy that leads to each of many services takes less time than the cube of its size', async () => {
  await outcomeOfFile((count) => {
    const names = Array.from({ length: count }, (_, index) => `s${index}`);
    const content = names.map((name) => `location /${name} { proxy_pass http://${name}:80; }`).join('\n');
    const configs = [{ source: 'site', target: '/etc/nginx/nginx.conf' }];
    const proxy = {
      image: 'nginx:1',
      configs,
      ports: [{ mode: 'ingress', protocol: 'tcp', target: 80, published: '80' }],
    };
    const services = Object.fromEntries(names.map((name) => [name, { build: { context: '.' } }]));
    return {
      name: 'shop',
      services: { ...services, proxy },
      configs: { site: { name: 'shop_site', content } },
    };
  });
}, 600_000);

test.each(['__proto__', 'constructor', 'toString'])('a service that is called %s is refused', (name) => {
  const config = parseComposeConfig(`{"services":{"${name}":{"build":{"context":"."}}}}`);
  const resolved = { ...recorded('flask'), config };
  const words = `compose-file: service ${name} has a name that is reserved. Give it another one.`;
  expect(() => splitProject(resolved, APP, new Map(), 'caddy')).toThrow(words);
  expect(() => stackProject(resolved, APP)).toThrow(words);
});

test('a file that is nested too deep is refused', () => {
  const nested = (levels: number) =>
    `{"services":{"web":{"labels":${'['.repeat(levels)}${']'.repeat(levels)}}}}`;
  expect(() => parseComposeConfig(nested(9_000))).toThrow(
    'compose-file: lists and mappings are nested in more than 200 levels',
  );
  expect(() => parseComposeConfig(nested(150))).not.toThrow();
});

test.each(['upstream web {', 'server web:80;', 'a.', '\n', 'reverse_proxy web '])(
  'a megabyte of the configuration of a proxy costs no more time than its length: "%s"',
  async (piece) => {
    await outcomeOfLong((length) => namedBackends(textOfLength({ piece }, length), 'web'), INPUT);
  },
);

test('a service that only another build needs is no service of a stack', () => {
  const { release, project } = stackReleaseOf(recorded('build-only'));
  expect(Object.keys(release.services)).toEqual(['always', 'configured', 'web', 'worker']);
  expect(project.notices).toContainEqual(expect.stringContaining('base: another image is built from it'));
});
