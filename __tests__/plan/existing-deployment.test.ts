import { describe, expect, test } from '@jest/globals';
import type { ComposeProject, ObservedHost, ProjectContainer } from '../../src/model/host.ts';
import type { Release } from '../../src/model/release.ts';
import { actionText } from '../../src/plan/actions.ts';
import { type Adoption, planAdoption, withoutAdoptedContainers } from '../../src/plan/existing-deployment.ts';
import { planHost } from '../../src/plan/host.ts';
import { checkNamesFree } from '../../src/plan/preflight.ts';
import { withAdoptedVolumes } from '../../src/release/adopted-volumes.ts';
import { hostName } from '../support/identifiers.ts';
import { deployed, desiredState, Host } from './hosts.ts';
import { makeRelease } from './world.ts';
import { written } from './written.ts';

/** `web` at port 8080, and `db` with the volume `data`. */
const volumes = (name = 'shop-test_data'): Release['base'] => ({
  services: { db: {} },
  volumes: { data: { name } },
});
const release = makeRelease('new', { web: 'served' }, { base: volumes() });

const named: Release = {
  ...release,
  base: { ...release.base, services: { db: { container_name: 'shop-db' } } },
};

const container = (service: string, changes: Partial<ProjectContainer> = {}): ProjectContainer => ({
  ...{ name: `shop-${service}-1`, service, running: true, ports: [], volumes: [] },
  ...changes,
});
const WEB = container('web', { ports: [8080] });
const DB = container('db', { volumes: ['shop_data'] });
const project = (changes: Partial<ComposeProject> = {}): ComposeProject => ({
  ...{ name: 'shop', folder: '/srv/shop', containers: [WEB, DB], volumes: { data: 'shop_data' } },
  ...changes,
});
const hostWith = (...composeProjects: readonly ComposeProject[]): ObservedHost =>
  new Host().see({
    composeProjects,
    volumeNames: composeProjects.flatMap((each) => Object.values(each.volumes)),
  });
const plan = (host: ObservedHost, adopt?: boolean, outline: Release = release, names = ['shop']): Adoption =>
  planAdoption([host], outline, names, adopt);

describe('an existing deployment by docker compose up -d', () => {
  test('that runs is refused with what it has and both ways out', () => {
    expect(() => plan(hostWith(project()))).toThrow(
      'ssh://one: an existing "docker compose up -d" deployment of this app is on the server (project shop in /srv/shop): ' +
        'it runs shop-web-1 and shop-db-1, it holds port 8080, its data is in shop_data, which this deploy would not use. ' +
        'Set "adopt: true" to take it over with its volumes, or "adopt: false" to leave it alone and start without its data.',
    );
  });

  test('that is down is refused too: the new volume would be empty', () => {
    expect(() => plan(hostWith(project({ containers: [], folder: undefined })))).toThrow(
      '(project shop): its data is in shop_data, which this deploy would not use.',
    );
  });

  test.each([
    ['my_shop', ['my-shop']],
    ['the-folder', ['shop', 'the_folder']],
  ])('is known by one of the names of the app: %s', (name, names) => {
    expect(() => plan(hostWith(project({ name })), undefined, release, names)).toThrow(`project ${name}`);
  });

  test('is known by its ports under any name, if all its services are in the file', () => {
    const other = project({ name: 'server', volumes: {} });
    expect(() => plan(hostWith(other))).toThrow('project server');
    const foreign = { ...other, containers: [WEB, container('blog')] };
    expect(plan(hostWith(foreign))).toMatchObject({ volumes: {}, notices: [] });
  });

  test('of another app with the same names of volumes is none of it', () => {
    expect(
      plan(hostWith(project({ name: 'blog', containers: [container('web', { ports: [80] })] }))),
    ).toMatchObject({
      volumes: {},
      notices: [],
    });
  });

  test('that runs on other ports with its own data may stay: the log says that this one has its own volumes', () => {
    const beside = project({ containers: [container('web', { ports: [80] }), DB] });
    const { notices, projects, volumes: names } = plan(hostWith(beside));
    expect(notices).toEqual([
      expect.stringContaining('(project shop) keeps running beside this one, with its data in shop_data'),
    ]);
    expect([projects.size, names]).toEqual([0, {}]);
  });

  test('that runs with a volume that the file names is refused: two databases would write to it', () => {
    const outline = makeRelease('new', { web: 'served' }, { base: volumes('shop_data') });
    const beside = project({ containers: [DB] });
    expect(() => plan(hostWith(beside), undefined, outline)).toThrow('it runs shop-db-1.');
    const stopped = project({ containers: [{ ...DB, running: false }] });
    expect(plan(hostWith(stopped), undefined, outline).notices).toEqual([]);
  });

  test('is in nobody’s way where the volume of this environment exists already, with a copy of the data', () => {
    const host = { ...hostWith(project({ containers: [] })), volumeNames: ['shop_data', 'shop-test_data'] };
    expect(plan(host)).toMatchObject({ volumes: {}, notices: [] });
  });

  test('does not count after the first deploy', () => {
    const host = deployed(release).see({ composeProjects: [project()] });
    expect(plan(host)).toMatchObject({ volumes: {}, notices: [] });
  });

  test('is not taken over after the first deploy, which a notice says with the way', () => {
    const host = {
      ...deployed(release).see({ composeProjects: [project()] }),
      volumeNames: ['shop-test_data'],
    };
    const { projects, volumes: names, notices } = plan(host, true);
    expect([projects.size, names]).toEqual([0, {}]);
    expect(notices).toEqual([
      expect.stringMatching(
        /"adopt: true" changes nothing any more.*shop_data of project shop, remove the environment first/,
      ),
    ]);
  });

  test('is left alone if the user says so', () => {
    expect(plan(hostWith(project()), false)).toMatchObject({ volumes: {}, notices: [] });
  });
});

describe('an existing deployment that an interrupted run has stopped', () => {
  const stopped = project({
    containers: [
      { ...WEB, running: false },
      { ...DB, name: 'shop-db-before-sealift', running: false },
    ],
  });

  test.each<[string, Partial<ObservedHost>]>([
    ['the edge', { edge: { state: 'running', containerId: 'edge', fingerprint: '1-a' } }],
    ['an accessory', { accessories: new Host().deploy(named).see().accessories }],
    ['a release', { releases: new Host().deploy(release).see().releases }],
  ])('is refused with how to go on and how to go back, if %s is there', (_, traces) => {
    expect(() => plan({ ...hostWith(stopped), ...traces })).toThrow(
      'which this deploy would not use. A run with "adopt: true" that was interrupted has stopped it. ' +
        'Set "adopt: true" to finish that. To go back instead, remove this environment first (volumes stay), then start the project on the server: ' +
        '"docker rename shop-db-before-sealift shop-db" and "docker compose -p shop start".',
    );
  });

  test('is known by the volumes that its record has, under any name', () => {
    const other = { ...stopped, name: 'server' };
    const record = { ...release, adopted: { data: 'shop_data' } };
    const releases = new Host()
      .deploy(release)
      .see()
      .releases.map((each) => ({ ...each, record }));
    const host = { ...hostWith(other), releases };
    expect(plan(host, true)).toMatchObject({ volumes: { data: 'shop_data' }, notices: [] });
    expect(plan(hostWith(other), true).volumes).toEqual({});
  });

  test('is not told from one that its owner has stopped if nothing else is there', () => {
    expect(() => plan(hostWith(stopped))).toThrow('Set "adopt: true" to take it over with its volumes, or');
  });
});

describe('a deployment that is taken over', () => {
  const adoption = plan(hostWith(project()), true);
  const adopting = { ...withAdoptedVolumes(release, adoption.volumes) };

  test('gives its volumes, and its ports count as free', () => {
    expect(adoption.volumes).toEqual({ data: 'shop_data' });
    const host = {
      ...hostWith(project()),
      heldPorts: [
        { port: 8080, protocol: 'tcp', address: undefined, container: 'shop-web-1', accessory: undefined },
        { port: 9000, protocol: 'tcp', address: undefined, container: 'other', accessory: undefined },
      ],
    };
    const { heldPorts } = withoutAdoptedContainers(host, adoption, release);
    expect(heldPorts.map(({ port }) => port)).toEqual([9000]);
  });

  test('stops before anything needs its ports and volumes; if the deploy fails, it starts again after all else was undone', () => {
    const { prepare = [] } = planHost(
      hostWith(project()),
      desiredState(adopting, { adopts: adoption.projects }),
    );
    expect(written({ prepare })[0]).toBe(
      'prepare: stop-project shop (nothing answers until the release is live) ↶ start-project shop',
    );
  });

  test('gives the names of its containers, too; those of services that are not taken over stay taken', () => {
    const containers = [{ ...DB, name: 'shop-db' }, container('blog', { name: 'shop-blog' })];
    const host = {
      ...hostWith(project({ containers })),
      foreignContainers: ['shop-db', 'shop-blog', 'other'],
    };
    const { foreignContainers = [] } = withoutAdoptedContainers(host, adoption, release);
    expect(foreignContainers).toEqual(['shop-blog', 'other']);
    expect(() => checkNamesFree({ ...host, foreignContainers }, named)).not.toThrow();
  });

  test.each([
    ['has', 'shop-db'],
    ['had before an interrupted run', 'shop-db-before-sealift'],
  ])('gives names although nothing of it runs: one that a container %s', (_, name) => {
    const containers = [{ ...DB, name, running: false }];
    const { prepare = [] } = planHost(
      hostWith(project({ containers })),
      desiredState({ ...adopting, base: named.base }, { adopts: adoption.projects }),
    );
    expect(written({ prepare })[0]).toBe('prepare: stop-project shop ↶ start-project shop');
    const [first] = prepare;
    expect(first && [first.action, ...first.undo].map(actionText)).toEqual([
      'take over the container names of the stopped project shop',
      'give the stopped project shop its container names back',
    ]);
  });

  test('is not stopped where nothing of it runs, nor what the file does not have', () => {
    for (const containers of [[], [{ ...WEB, running: false }], [container('blog')]]) {
      const host = hostWith(project({ containers }));
      const steps = written(planHost(host, desiredState(adopting, { adopts: plan(host, true).projects })));
      expect(steps.filter((line) => line.includes('stop-project'))).toEqual([]);
    }
  });

  test('keeps the names of its volumes in later deploys, without being asked again', () => {
    const host = deployed(adopting).see({ composeProjects: [project({ containers: [] })] });
    const later = plan(host);
    expect(later).toMatchObject({ volumes: { data: 'shop_data' }, notices: [] });
    expect(later.projects.size).toBe(0);
  });

  test('must have one name for a volume on all hosts', () => {
    const one = hostWith(project());
    const other = { ...hostWith(project({ volumes: { data: 'server_data' } })), host: hostName('ssh://two') };
    expect(() => planAdoption([one, other], release, ['shop'], true)).toThrow(
      'adopt: volume data is shop_data on one host and server_data on ssh://two',
    );
  });
});

describe('the volumes of a release', () => {
  test('have the names that they had, in both projects', () => {
    const split = {
      ...release,
      compose: { services: {}, volumes: { data: { name: 'shop-test_data', external: true } } },
    };
    const { compose, base, adopted } = withAdoptedVolumes(split, { data: 'shop_data' });
    expect(compose.volumes).toEqual({ data: { name: 'shop_data', external: true } });
    expect(base.volumes).toEqual({ data: { name: 'shop_data' } });
    expect(adopted).toEqual({ data: 'shop_data' });
  });

  test.each([
    ['names itself', volumes('mine'), { data: 'shop_data' }],
    ['has no longer', { services: {} }, { data: 'shop_data' }],
  ])('are as the file says where it %s', (_, base, names) => {
    const split = { ...release, base };
    expect(withAdoptedVolumes(split, names)).toBe(split);
  });
});
