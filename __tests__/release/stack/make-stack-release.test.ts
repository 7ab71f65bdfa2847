import { describe, expect, test } from '@jest/globals';
import { LABEL } from '../../../src/model/app-environment.ts';
import { asObject } from '../../../src/model/json.ts';
import type { ResolvedCompose } from '../../../src/release/compose/resolve.ts';
import { makeStackRelease } from '../../../src/release/stack/make-stack-release.ts';
import { stackProject } from '../../../src/release/stack/stack-project.ts';
import { APP, REPOSITORY } from '../../support/compose/fixtures.ts';
import { parsePinnedImage } from '../../support/pinned.ts';

const PLACEHOLDER = `${REPOSITORY}@sha256:${'0'.repeat(64)}`;
const SHOP = parsePinnedImage(`${REPOSITORY}@sha256:${'a'.repeat(64)}`);
const POSTGRES = parsePinnedImage(`postgres@sha256:${'b'.repeat(64)}`);
const ORIGIN = {
  ...{ revision: '1'.repeat(40), ref: 'main', actor: 'mona', runUrl: undefined, repository: 'me/shop' },
  ...{ tags: [], createdAt: '2026-01-01T00:00:00Z' },
};

/** As `docker compose config` prints it. */
const resolved = (
  services: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  given: Partial<ResolvedCompose['config']> = {},
  contents: ReadonlyMap<`secret:${string}`, string> = new Map(),
): ResolvedCompose => ({
  config: { services, ...given },
  placeholder: PLACEHOLDER,
  files: ['compose.yaml'],
  refusedMounts: [],
  contents,
  notices: [],
  problems: [],
});
const WEB = { image: PLACEHOLDER };
const make = (file: ResolvedCompose, force = false) =>
  makeStackRelease(
    stackProject(file, APP),
    { built: new Map([['', SHOP]]), others: new Map([['db', POSTGRES]]) },
    { timeout: 60_000 },
    ORIGIN,
    force,
  );
const fileOf = (file: ResolvedCompose) => make(file).release.definition;
const definitionOf = (file: ResolvedCompose, name = 'web'): unknown =>
  asObject(fileOf(file).services[name]?.['labels'])[LABEL.definition];

describe('the file for docker stack deploy', () => {
  test('has every image by digest, those of the file too', () => {
    const file = resolved({
      web: { ...WEB, environment: { SELF: PLACEHOLDER } },
      db: { image: 'postgres:17' },
    });
    const { release } = make(file);
    expect(release.definition.services).toMatchObject({
      web: { image: SHOP, environment: { SELF: SHOP } },
      db: { image: POSTGRES },
    });
    expect(release.services).toEqual({
      web: { name: 'web', image: SHOP, reference: undefined },
      db: { name: 'db', image: POSTGRES, reference: 'postgres:17' },
    });
  });

  test('has the types of the format that it is in', () => {
    const { services } = fileOf(
      resolved({
        web: {
          ...WEB,
          command: null,
          build: { context: '.' },
          depends_on: { db: { condition: 'service_started', required: true } },
          extra_hosts: ['db=10.0.0.5'],
          ports: [{ mode: 'ingress', target: 8080, published: '80', protocol: 'tcp', name: 'http' }],
          volumes: [
            { type: 'bind', source: '/srv', target: '/srv', bind: { create_host_path: true } },
            { type: 'tmpfs', target: '/tmp', tmpfs: { size: '1048576' } },
          ],
          secrets: [{ source: 'key', target: '/run/secrets/key', mode: '0440' }],
          deploy: { resources: { limits: { cpus: 0.5 } } },
          restart: 'on-failure:3',
        },
        db: { image: 'postgres:17' },
      }),
    );
    expect(services['web']).toMatchObject({
      extra_hosts: ['db:10.0.0.5'],
      ports: [{ mode: 'ingress', target: 8080, published: 80, protocol: 'tcp' }],
      volumes: [{ type: 'bind', bind: {} }, { tmpfs: { size: 1_048_576 } }],
      secrets: [{ mode: 0o440 }],
      deploy: {
        resources: { limits: { cpus: '0.5' } },
        restart_policy: { condition: 'on-failure', max_attempts: 3 },
      },
    });
    for (const key of ['command', 'build', 'depends_on', 'restart'])
      expect(services['web']).not.toHaveProperty(key);
  });

  test('has no secret, only the name of one that its content decides', () => {
    const secrets = {
      key: { name: 'shop-production_key', environment: 'KEY' },
      own: { external: true, name: 'o' },
    };
    const file = (content: string) => resolved({ web: WEB }, { secrets }, new Map([['secret:key', content]]));
    const { release, contents } = make(file('one'));
    expect(contents).toEqual([
      { kind: 'secret', name: expect.stringMatching(/^shop-production_key_[0-9a-f]{8}$/), content: 'one' },
    ]);
    expect(release.definition.secrets).toEqual({
      key: { external: true, name: contents[0]?.name },
      own: { external: true, name: 'o' },
    });
    expect(JSON.stringify(release)).not.toContain('"one"');
    expect(make(file('two')).contents[0]?.name).not.toBe(contents[0]?.name);
    expect(make(file('two')).release.id).not.toBe(release.id);
  });

  test('keeps the name of an object within 64 letters', () => {
    const key = 'k'.repeat(70);
    const { contents } = make(resolved({ web: WEB }, { configs: { [key]: { content: 'x' } } }));
    expect(contents[0]?.name).toHaveLength(64);
  });
});

describe('the definition of the containers of a service', () => {
  test('changes with everything that only a new container can have', () => {
    const before = definitionOf(resolved({ web: WEB }));
    expect(definitionOf(resolved({ web: { ...WEB, environment: { A: '1' } } }))).not.toBe(before);
    const secrets = { key: { environment: 'KEY' } };
    const withSecret = (content: string) =>
      definitionOf(
        resolved(
          { web: { ...WEB, secrets: [{ source: 'key' }] } },
          { secrets },
          new Map([['secret:key', content]]),
        ),
      );
    expect(withSecret('one')).not.toBe(withSecret('two'));
  });

  test('does not change with how many there are, where, and how they are replaced', () => {
    const before = definitionOf(resolved({ web: WEB }));
    const deploy = {
      replicas: 5,
      placement: { constraints: ['node.role==worker'] },
      update_config: { order: 'start-first' },
      labels: { a: 'b' },
    };
    expect(definitionOf(resolved({ web: { ...WEB, deploy } }))).toBe(before);
  });

  test('changes with force', () => {
    const file = resolved({ web: WEB });
    const [plain, forced] = [make(file).release, make(file, true).release];
    expect(forced.id).not.toBe(plain.id);
    const labels = ({ definition }: typeof plain) =>
      Object.values(definition.services).map((service) => service['labels']);
    expect(labels(forced)).not.toEqual(labels(plain));
  });
});

describe('what a swarm can not do is refused, with the way out', () => {
  test.each([
    ['privileged', { privileged: true }, /service web has privileged:, which a swarm does not have/],
    ['container_name', { container_name: 'w' }, /Remove it: other services reach this one by the name/],
    ['mem_limit', { mem_limit: '1g' }, /Write deploy\.resources\.limits\.memory/],
    [
      'a port on one address',
      { ports: [{ target: 1, published: '1', host_ip: '127.0.0.1' }] },
      /publishes a port on 127\.0\.0\.1/,
    ],
  ])('%s', (_, given, message) => {
    expect(() => stackProject(resolved({ web: { ...WEB, ...given } }), APP)).toThrow(message);
  });

  test('what is switched off, or an extension, is not', () => {
    const off = { privileged: false, 'x-note': 'mine', security_opt: null };
    expect(() => stackProject(resolved({ web: { ...WEB, ...off } }), APP)).not.toThrow();
  });

  test('a secret that is empty or too long, a name that is too long', () => {
    const secrets = { key: { environment: 'KEY' } };
    const withContent = (content: string) => () =>
      stackProject(resolved({ web: WEB }, { secrets }, new Map([['secret:key', content]])), APP);
    expect(withContent('')).toThrow('compose-file: secret key is empty, which a swarm refuses.');
    expect(withContent('x'.repeat(512_001))).toThrow(
      'compose-file: secret key has 501 KiB, but a swarm takes at most 500',
    );
    expect(() => stackProject(resolved({ ['w'.repeat(60)]: WEB }), APP)).toThrow(
      'Give the service a shorter name.',
    );
  });

  test('an image that is neither built nor named', () => {
    expect(() => stackProject(resolved({ web: WEB, x: {} }), APP)).toThrow(
      'service x has neither image: nor build:',
    );
  });
});

test('services that wait for others are told that a swarm does not', () => {
  const db = { condition: 'service_healthy', required: true };
  const project = stackProject(
    resolved({ web: { ...WEB, depends_on: { db } }, db: { image: 'postgres:17' } }),
    APP,
  );
  expect(project.notices).toEqual([expect.stringContaining('so web must wait')]);
});
