import { describe, expect, test } from '@jest/globals';
import { asObject } from '../../../src/model/json.ts';
import { splitProject } from '../../../src/release/compose/split-project.ts';
import { APP, recorded, sourceOf } from '../../support/compose/fixtures.ts';

const split = (name: string) => splitProject(recorded(name), APP, sourceOf().domains, 'caddy');
const released = (name: string, service: string) => asObject(split(name).compose.services[service]);
const accessory = (name: string, service: string) => asObject(split(name).base.services[service]);

describe('the project of a release', () => {
  test('keeps every option of a service as Compose resolved it', () => {
    const before = asObject(recorded('every-option').config.services['web']);
    const dropped = ['image', 'ports', 'pull_policy'];
    const kept = Object.fromEntries(Object.entries(before).filter(([key]) => !dropped.includes(key)));
    expect(Object.keys(before)).toEqual(expect.arrayContaining([...dropped, 'init', 'ulimits', 'sysctls']));
    expect(released('every-option', 'web')).toEqual({ ...kept, networks: { default: {} } });
  });

  test('drops published ports, and leaves them to an exclusive service', () => {
    expect(released('flask', 'web')).not.toHaveProperty('ports');
    expect(released('alone', 'dns')['ports']).toHaveLength(2);
  });

  test('leaves 80 and 443 to the front if there are domains, and no other ports', () => {
    const domains = new Map([['one.example.com', { service: 'named', port: 9999 }]]);
    const { compose } = splitProject(recorded('domains'), APP, domains, 'caddy');
    expect(asObject(compose.services['named'])['ports']).toEqual([
      expect.objectContaining({ published: '9999' }),
    ]);
  });

  test('has no build, no develop, no profiles, no extension fields', () => {
    const { compose, base } = split('develop');
    expect(JSON.stringify({ compose, base })).not.toMatch(/build|develop|x-team|x-notes/);
    expect(released('resolved-by-compose', 'admin')).not.toHaveProperty('profiles');
  });

  test('joins networks and volumes of the base by their real names, and keeps aliases and options', () => {
    const { compose } = split('networks');
    expect(compose.networks).toEqual({
      back: { name: 'shop-production_back', external: true },
      default: { name: 'shop-production_default', external: true },
      fixed: { name: 'fixed-name', external: true },
      front: { name: 'shop-production_front', external: true },
      shared: { name: 'company', external: true },
    });
    expect(compose.volumes).toEqual({
      backup: { name: 'nightly', external: true },
      media: { name: 'shop-production_media', external: true },
    });
    expect(asObject(compose.services['web'])['networks']).toEqual({
      default: {},
      front: { aliases: ['www', 'shop.internal'] },
      shared: { priority: 5 },
    });
    expect(compose.services['job']).toMatchObject({ network_mode: 'none' });
    expect(compose.services['job']).not.toHaveProperty('networks');
  });

  test('keeps anonymous volumes and tmpfs', () => {
    expect(released('networks', 'web')['volumes']).toContainEqual({
      type: 'volume',
      target: '/cache',
      volume: {},
    });
    expect(released('every-option', 'web')['tmpfs']).toEqual(['/tmp:size=10m']);
  });

  test('has no depends_on for accessories, and keeps those within the release', () => {
    expect(released('django-celery', 'web')['depends_on']).toEqual({
      migrate: { condition: 'service_completed_successfully', required: true },
    });
    expect(released('django-celery', 'worker')).not.toHaveProperty('depends_on');
  });

  test('reaches linked accessories under their aliases', () => {
    const web = released('links', 'web');
    expect(web['links']).toEqual(['api:backend']);
    expect(web['external_links']).toEqual([
      'legacy_box:legacy',
      'shop-production-db-1:database',
      'the-store:store',
    ]);
    expect(asObject(asObject(web['networks'])['default'])['aliases']).toEqual(['app']);
  });

  test("shares an accessory's namespaces and volumes as those of an external container", () => {
    expect(released('namespaces', 'app')).toMatchObject({
      network_mode: 'container:shop-production-vpn-1',
      volumes_from: ['container:shop-production-data-1:ro', 'container:old'],
    });
    expect(released('namespaces', 'helper')).toMatchObject({
      network_mode: 'service:app',
      pid: 'service:app',
    });
  });

  test('turns a container_name into an alias and keeps it in the release', () => {
    expect(released('alone', 'named')).not.toHaveProperty('container_name');
    expect(released('alone', 'named')['networks']).toEqual({ default: { aliases: ['shop-web'] } });
    expect(split('alone').services['named']).toMatchObject({ containerName: 'shop-web' });
  });

  test('keeps the restart policy as it is written', () => {
    expect(released('react-express-mongo', 'backend')['restart']).toBe('always');
    expect(released('every-option', 'web')['restart']).toBe('on-failure:3');
    expect(released('alone', 'stop-first')).not.toHaveProperty('restart');
  });

  test.each([
    [{ condition: 'any' }, 'always'],
    [{ condition: 'on-failure' }, 'on-failure'],
    [{ condition: 'on-failure', max_attempts: 3 }, 'on-failure:3'],
    [{ condition: 'none' }, 'no'],
    [{}, 'no'],
  ])('gets its restart policy from deploy.restart_policy, which wins: %j', (policy, restart) => {
    const { config, ...rest } = recorded('flask');
    const deploy = { replicas: 2, restart_policy: policy };
    const web = { ...config.services['web'], restart: 'unless-stopped', deploy };
    const project = { ...rest, config: { ...config, services: { web } } };
    const { compose } = splitProject(project, APP, sourceOf().domains, 'caddy');
    expect(compose.services['web']).toMatchObject({ restart, deploy: { replicas: 2 } });
    expect(asObject(compose.services['web'])['deploy']).not.toHaveProperty('restart_policy');
  });

  test('has the result of env_file, extends, include, .env, profiles, defaults and $$', () => {
    expect(released('resolved-by-compose', 'web')).toMatchObject({
      init: true,
      labels: { base: 'yes' },
      environment: {
        COMMON: '1',
        OVERRIDDEN: 'web',
        PRICE: '5$$',
        REGION: 'eu',
        FROM_DOT_ENV: 'hello\nworld',
        LITERAL: 'a$$b',
        PASSED_ON: 'from the job',
        NOT_GIVEN: null,
        STAGE: 'production',
      },
    });
    expect(accessory('resolved-by-compose', 'exporter')['environment']).toEqual({ INTERVAL: '5s' });
  });
});

describe('the project of the accessories', () => {
  test('owns all networks and volumes, also those that only the release uses', () => {
    const { base } = split('networks');
    expect(new Set(Object.keys(base.networks ?? {}))).toEqual(
      new Set(['back', 'default', 'fixed', 'front', 'shared']),
    );
    expect(base.volumes).toEqual({
      backup: { name: 'nightly', external: true },
      media: { name: 'shop-production_media' },
    });
  });

  test('keeps references between accessories and drops those to released services', () => {
    expect(accessory('nginx-go-postgres', 'cdn')['depends_on']).toEqual({
      proxy: { condition: 'service_started', required: true },
    });
    expect(accessory('nginx-go-postgres', 'proxy')).not.toHaveProperty('depends_on');
    expect(accessory('links', 'proxy')['links']).toEqual(['cache:redis']);
  });

  test('leaves the ports and the restart policy of accessories alone', () => {
    expect(accessory('nginx-go-postgres', 'proxy')['ports']).toHaveLength(1);
    expect(accessory('nginx-go-postgres', 'db')['restart']).toBe('always');
  });
});

describe('secrets and configs of a split project', () => {
  test('travel as variables, whether they come from a file, a variable or .env', () => {
    const { compose, base, confidential } = split('secrets');
    expect(Object.fromEntries(confidential)).toEqual({
      SEALIFT_SECRET_API_KEY: 'first line\nsecond $line\n',
      SEALIFT_SECRET_API_KEY_2: 'first line\nsecond $line\n',
      SEALIFT_SECRET_FROM_ENV: 'token of the job',
      SEALIFT_SECRET_FROM_DOT_ENV: 'from .env $ and $$',
      SEALIFT_CONFIG_SITE: 'listen 80;\n',
      SEALIFT_CONFIG_SETTINGS: 'a: $1\nb: 2\n',
    });
    expect(compose.secrets).toEqual({
      'api-key': { environment: 'SEALIFT_SECRET_API_KEY' },
      api_key: { environment: 'SEALIFT_SECRET_API_KEY_2' },
      'from-dot-env': { environment: 'SEALIFT_SECRET_FROM_DOT_ENV' },
      'from-env': { environment: 'SEALIFT_SECRET_FROM_ENV' },
    });
    expect(compose.configs).toMatchObject({
      site: { environment: 'SEALIFT_CONFIG_SITE' },
      inline: { content: expect.stringMatching(/^release registry\.test\/shop@sha256:0+ costs \$\$5\n$/) },
    });
    expect(base.secrets).toEqual({ 'api-key': { environment: 'SEALIFT_SECRET_API_KEY' } });
    expect(base.configs).toEqual({});
  });

  test('keep target, owner and mode', () => {
    expect(released('secrets', 'web')['secrets']).toContainEqual({
      source: 'api_key',
      target: '/etc/key.pem',
      uid: '1000',
      mode: '0400',
    });
  });

  test('have their contents only in the map of values', () => {
    const { confidential: _, ...rest } = split('secrets');
    expect(JSON.stringify(rest)).not.toMatch(/first line|token of the job|from \.env|listen 80/);
  });
});
