import { describe, expect, test } from '@jest/globals';
import { isDigest, type PinnedImage } from '../../src/model/image.ts';
import { asObject, canonicalJson, mapValues } from '../../src/model/json.ts';
import type { Origin, Release } from '../../src/model/release.ts';
import { rejectUnknownServices } from '../../src/release/compose/insert-images.ts';
import type { ResolvedCompose } from '../../src/release/compose/resolve.ts';
import { splitProject } from '../../src/release/compose/split-project.ts';
import {
  baseObjects,
  filesToWrite,
  makeRelease,
  renderBase,
  renderRelease,
} from '../../src/release/make-release.ts';
import { APP, recorded, sourceOf } from '../support/compose/fixtures.ts';
import { parsePinnedImage } from '../support/pinned.ts';

const image = (name: string, digit: string): PinnedImage =>
  parsePinnedImage(`registry.test/${name}@sha256:${digit.repeat(64)}`);
const SHOP = image('shop', 'a');
const HEALTH = { path: undefined, timeout: 60_000 };
const ORIGIN: Origin = {
  revision: '1'.repeat(40),
  ref: 'main',
  actor: 'mona',
  runUrl: undefined,
  repository: 'me/shop',
  tags: [],
  createdAt: '2026-01-01T00:00:00Z',
};

const splitOf = (resolved: ResolvedCompose) => splitProject(resolved, APP, sourceOf().domains, 'caddy');
const make = (
  name: string,
  images: Readonly<Record<string, PinnedImage>> = { '': SHOP },
  origin = ORIGIN,
): Release => makeRelease(splitOf(recorded(name)), new Map(Object.entries(images)), HEALTH, origin);

describe('the id of a release', () => {
  test('is eight hex digits and the same for the same content', () => {
    expect(make('secrets').id).toMatch(/^[0-9a-f]{8}$/);
    expect(make('secrets').id).toBe(make('secrets').id);
  });

  test('does not depend on the origin and the health check', () => {
    const other = { ...ORIGIN, actor: 'hubot', createdAt: '2027-01-01T00:00:00Z', tags: ['latest'] };
    expect(make('flask', { web: SHOP }, other).id).toBe(make('flask', { web: SHOP }).id);
    const split = splitOf(recorded('flask'));
    const slow = makeRelease(split, new Map([['web', SHOP]]), { path: '/up', timeout: 1 }, ORIGIN);
    expect(slow.id).toBe(make('flask', { web: SHOP }).id);
  });

  test('changes with an image, with the config, with the content of a secret, with app and environment', () => {
    const resolved = recorded('secrets');
    const images = new Map([['', SHOP]]);
    const split = splitOf(resolved);
    const changed = new Map(resolved.contents).set('secret:from-env', 'rotated');
    const config = {
      ...resolved.config,
      services: {
        ...resolved.config.services,
        db: { ...resolved.config.services['db'], image: 'postgres:17' },
      },
    };
    const ids = [
      make('secrets'),
      make('secrets', { '': image('shop', 'b') }),
      makeRelease(splitOf({ ...resolved, contents: changed }), images, HEALTH, ORIGIN),
      makeRelease(splitOf({ ...resolved, config }), images, HEALTH, ORIGIN),
      makeRelease({ ...split, environment: 'staging' }, images, HEALTH, ORIGIN),
      makeRelease({ ...split, app: 'cart' }, images, HEALTH, ORIGIN),
    ].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('does not depend on the order of keys', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1}]}');
  });

  test('is a new one each time with force, which keeps the id of the content', () => {
    const split = splitOf(recorded('flask'));
    const images = new Map([['web', SHOP]]);
    const plain = makeRelease(split, images, HEALTH, ORIGIN);
    const one = makeRelease(split, images, HEALTH, ORIGIN, true);
    const other = makeRelease(split, images, HEALTH, { ...ORIGIN, createdAt: '2026-01-01T00:00:01Z' }, true);
    expect(new Set([plain.id, one.id, other.id]).size).toBe(3);
    expect([one.contentId, other.contentId]).toEqual([plain.id, plain.id]);
    expect(plain).not.toHaveProperty('contentId');
  });

  test('does not reveal a secret', () => {
    const release = make('secrets');
    expect(JSON.stringify(release)).not.toMatch(/first line|token of the job/);
    expect(release.confidential).toContain('SEALIFT_SECRET_FROM_ENV');
  });
});

describe('the images of a release', () => {
  test('replace ${IMAGE} everywhere, also inside other strings', () => {
    const release = make('django-celery');
    expect(asObject(release.compose.services['web'])['image']).toBe(SHOP);
    expect(asObject(asObject(release.compose.services['web'])['environment'])['RELEASE']).toBe(
      `image ${SHOP}`,
    );
    expect(JSON.stringify(release)).not.toContain('0'.repeat(64));
    expect(asObject(make('secrets').compose.configs?.['inline'])['content']).toBe(
      `release ${SHOP} costs $$5\n`,
    );
  });

  test('replace build:, each for its own service', () => {
    const release = make('react-express-mongo', { frontend: SHOP, backend: image('api', 'b') });
    expect(release.services['frontend']).toMatchObject({ image: SHOP });
    expect(release.services['backend']).toMatchObject({ image: image('api', 'b') });
    expect(release.base.services['mongo']).toMatchObject({ image: 'mongo:4.2' });
  });

  test('are shared by services that name the image of a built one', () => {
    const release = make('shared-image', { web: SHOP });
    expect(release.services['worker']).toMatchObject({ image: SHOP });
    expect(release.base.services['other']).toMatchObject({ image: 'registry.test/shop:v1' });
  });

  test('are shared by services with an identical build:, for which one line is enough', () => {
    const resolved = recorded('react-express-mongo');
    const { frontend, backend = {}, ...rest } = resolved.config.services;
    const services = {
      ...rest,
      frontend: { ...frontend, build: backend['build'] },
      backend,
    };
    const split = splitOf({ ...resolved, config: { ...resolved.config, services } });
    const made = (images: Readonly<Record<string, PinnedImage>>) =>
      makeRelease(split, new Map(Object.entries(images)), HEALTH, ORIGIN).services;
    const [one, other] = [SHOP, image('api', 'b')];
    for (const name of ['frontend', 'backend'])
      expect(made({ [name]: one })).toMatchObject({ frontend: { image: one }, backend: { image: one } });
    expect(made({ backend: other, frontend: one })).toMatchObject({
      frontend: { image: one },
      backend: { image: other },
    });
  });

  test('are the built one also for a service that writes its tag latest', () => {
    const resolved = recorded('shared-image');
    const { web, worker } = resolved.config.services;
    const services = {
      web: { ...web, image: 'registry.test/shop' },
      worker: { ...worker, image: 'registry.test/shop:latest' },
    };
    const split = splitOf({ ...resolved, config: { ...resolved.config, services } });
    const release = makeRelease(split, new Map([['web', SHOP]]), HEALTH, ORIGIN);
    expect(release.services).toMatchObject({ web: { image: SHOP }, worker: { image: SHOP } });
    expect(release.base.services).toEqual({});
  });

  test('need no name if there is only one', () => {
    expect(make('flask', { '': SHOP }).services['web']).toMatchObject({ image: SHOP });
    expect(make('wordpress', { wordpress: SHOP }).services['wordpress']).toMatchObject({ image: SHOP });
  });

  test('are rejected if one is missing, which the error names', () => {
    expect(() => make('react-express-mongo', { frontend: SHOP })).toThrow(
      `image: there is none for service backend, only frontend=${SHOP}. Add a line backend=repository@sha256:…`,
    );
  });

  test.each([
    ['wbe', 'which the Compose file does not have. Released services: backend, frontend.'],
    ['mongo', 'which is an accessory: its image is the one in the Compose file.'],
  ])('are rejected for %s, which is not released', (key, why) => {
    const split = splitOf(recorded('react-express-mongo'));
    expect(() => rejectUnknownServices(split, ['', 'frontend', key])).toThrow(
      `image: the line "${key}=…" is for service ${key}, ${why}`,
    );
    expect(() => rejectUnknownServices(split, ['', 'frontend', 'backend'])).not.toThrow();
  });

  test('are all digests', () => {
    for (const service of Object.values(make('django-celery').services)) {
      expect(isDigest(service.image.slice(service.image.indexOf('@') + 1))).toBe(true);
    }
  });
});

describe('a read-only service in a release', () => {
  const release = make('read-only');

  test('has volumes for the files that Compose can not copy', () => {
    const web = asObject(release.compose.services['web']);
    expect(web).not.toHaveProperty('secrets');
    expect(web).not.toHaveProperty('configs');
    expect(web).toMatchObject({ read_only: true });
    expect(web['volumes']).toEqual([
      { type: 'volume', source: 'certificates', target: '/etc/tls', volume: {} },
      { type: 'volume', target: '/run/secrets', volume: {} },
      { type: 'volume', target: '/etc/web', volume: {} },
    ]);
  });

  test('gets its files from the engine, with owner and mode', () => {
    const content = 'key of a read-only container\n';
    const confidential = new Map([['SEALIFT_SECRET_KEY', content]]);
    const root = { uid: 0, gid: 0, mode: 0o444 };
    expect(filesToWrite(release, confidential, ['web']).get('web')).toEqual(
      new Map([
        [
          '/run/secrets',
          new Map([
            ['key', { content, ...root }],
            ['renamed', { content, uid: 1000, gid: 1001, mode: 0o400 }],
          ]),
        ],
        ['/etc/tls', new Map([['key.pem', { content, ...root }]])],
        [
          '/etc/web',
          new Map([['settings.json', { content: `{"image": "${SHOP}", "price": "$5"}`, ...root }]]),
        ],
      ]),
    );
    expect(filesToWrite(release, confidential, ['other']).size).toBe(0);
    expect(JSON.stringify(release)).not.toContain('key of');
  });
});

describe('the rendered Compose file', () => {
  test('labels every container of a release with its id and role', () => {
    const release = make('django-celery');
    expect(asObject(renderRelease(release, 'green').services['migrate'])['labels']).toEqual({
      'sealift.app': 'shop',
      'sealift.environment': 'production',
      'sealift.release': release.id,
      'sealift.role': 'internal',
    });
  });

  test('labels a container with its restart policy, which a kept container loses while it is stopped', () => {
    const labels = (name: string, service: string) =>
      asObject(asObject(renderRelease(make(name), 'blue').services[service])['labels']);
    expect(labels('every-option', 'web')['sealift.restart']).toBe('on-failure:3');
    expect(labels('django-celery', 'migrate')).not.toHaveProperty('sealift.restart');
  });

  test("keeps the user's own labels", () => {
    const labels = asObject(asObject(renderRelease(make('every-option'), 'blue').services['web'])['labels']);
    expect(labels).toMatchObject({ 'com.example.team': 'shop', 'com.example.price': '$$5' });
  });

  test("puts a release on its slot's network under all its names", () => {
    const config = renderRelease(make('networks'), 'blue');
    expect(config.networks?.['sealift-slot']).toEqual({ name: 'shop-production-blue', external: true });
    expect(asObject(config.services['web'])['networks']).toMatchObject({
      front: { aliases: ['www', 'shop.internal'] },
      'sealift-slot': { aliases: ['www'], priority: -1 },
    });
    expect(config.services['job']).not.toHaveProperty('networks');
  });

  test('leaves a service that is alone, and that no edge serves, on the networks of the file', () => {
    const release = make('flask', { web: SHOP });
    const alone = { ...release, routes: [] };
    const { services } = release.compose;
    const two = {
      ...alone,
      compose: { ...release.compose, services: { ...services, api: asObject(services['web']) } },
    };
    const onSlot = [release, alone, two].map((each) =>
      JSON.stringify(renderRelease(each, 'blue')).includes('sealift-slot'),
    );
    expect(onSlot).toEqual([true, false, true]);
  });

  test("gives the slot's network gw_priority if another network would be asked for names first", () => {
    const services = renderRelease(make('networks'), 'blue').services;
    const slot = (name: string) => asObject(asObject(asObject(services[name])['networks'])['sealift-slot']);
    // "company" and "fixed-name" sort before "shop-production-blue", "shop-production_default" does not.
    expect(slot('web')['gw_priority']).toBe(1);
    expect(slot('api')['gw_priority']).toBe(1);
    expect(renderRelease(make('flask', { web: SHOP }), 'blue').services['web']).toMatchObject({
      networks: { 'sealift-slot': {} },
    });
    expect(JSON.stringify(renderRelease(make('flask', { web: SHOP }), 'blue'))).not.toContain('gw_priority');
  });

  test('labels accessories, their networks and volumes, but not what is external', () => {
    const own = { 'sealift.app': 'shop', 'sealift.environment': 'production' };
    const config = renderBase(make('networks'));
    const definition = { 'sealift.definition': make('networks').definitions?.['cache'] };
    expect(asObject(config.services['cache'])['labels']).toEqual({ ...own, ...definition });
    expect(asObject(config.networks?.['back'])['labels']).toEqual({ price: '$$5', ...own });
    expect(asObject(config.volumes?.['media'])['labels']).toEqual(own);
    expect(config.networks?.['shared']).not.toHaveProperty('labels');
    expect(config.volumes?.['backup']).not.toHaveProperty('labels');
  });

  test('lets Compose pull nothing for accessories: their images are on the host', () => {
    const { base, ...rest } = make('networks');
    const services = mapValues(base.services, (service) => ({ ...service, pull_policy: 'always' }));
    const config = renderBase({ ...rest, base: { ...base, services } });
    expect(Object.keys(config.services)).toContain('cache');
    expect(JSON.stringify(config)).not.toContain('pull_policy');
  });

  test('comes with the networks and volumes to create, as Compose would', () => {
    const { networks, volumes, external } = baseObjects(make('networks'));
    const labels = {
      'com.docker.compose.project': 'shop-production',
      'sealift.app': 'shop',
      'sealift.environment': 'production',
    };
    expect(networks).toContainEqual({
      Name: 'shop-production_back',
      Driver: 'bridge',
      Internal: true,
      IPAM: { Config: [{ Subnet: '10.98.0.0/24', Gateway: '10.98.0.1' }] },
      Labels: { ...labels, 'com.docker.compose.network': 'back', price: '$5' },
    });
    expect(networks).toContainEqual({
      Name: 'fixed-name',
      Driver: 'bridge',
      Attachable: true,
      Labels: { ...labels, 'com.docker.compose.network': 'fixed' },
    });
    expect(volumes).toEqual([
      { Name: 'shop-production_media', Labels: { ...labels, 'com.docker.compose.volume': 'media' } },
    ]);
    expect(external).toEqual({ networks: ['company'], volumes: ['nightly'] });
  });
});
