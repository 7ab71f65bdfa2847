/** Moving in: the app runs on the server by `docker compose up -d`, with its data, before Sealift knows of it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionOptions, ActionRun, Inputs } from '../../support/action.ts';
import { probeImage } from '../../support/apps/images.ts';
import { compose } from '../../support/apps/probe.ts';
import { ask } from '../../support/http.ts';
import { snapshot } from '../../support/lab/snapshot.ts';
import { labWith } from '../../support/lab.ts';
import { ownerCompose } from '../../support/owner-compose.ts';
import { patienceInput, until } from '../../support/patience.ts';
import { succeeded, type TestApp, testApp } from '../../support/test-app.ts';

const lab = await labWith(1);

let app: TestApp;
let image: string;

const file = (port: number, own: string, database?: string) => ({
  services: {
    web: {
      ...{
        image: own,
        restart: 'always',
        stop_grace_period: '5s',
        depends_on: ['db'],
        volumes: ['data:/data'],
      },
      ports: [`${port}:3000`],
      environment: { VERSION: '${VERSION:-old}', UP_AFTER_MS: '${UP:-0}' },
    },
    db: {
      ...{ image: 'redis:7', restart: 'always', stop_grace_period: '5s', volumes: ['data:/data'] },
      ...(database === undefined ? {} : { container_name: database }),
    },
  },
  volumes: { data: {} },
});

const owner = (...args: readonly string[]): Promise<void> =>
  ownerCompose(app, file(app.port, image), ...args);

const deploy = (version: number, inputs: Inputs = {}): Promise<ActionRun> => {
  const { up = '0', ...others } = inputs;
  return app.deploy(image, { env: `VERSION=${version}\nUP=${up}`, 'health-path': '/up', ...others });
};
const data = async (): Promise<string> => (await ask(app.url('/file?path=/data/note'))).body;
const states = async (...names: readonly string[]): Promise<readonly (string | undefined)[]> => {
  const all = await app.containers();
  return names.map((name) => all[`${app.name}-${name}-1`]);
};
/** The volumes of a container by name. */
async function volumesOf(name: string): Promise<readonly string[]> {
  const { Mounts } = await app.server.engine.get(`/containers/${app.name}-${name}-1/json`);
  return Mounts.map((mount: { Name: string }) => mount.Name);
}

beforeAll(async () => {
  image = await probeImage(lab);
  app = await testApp({ lab, stem: 'movein', files: (port) => compose(file(port, '${IMAGE}')) });
  await owner('up', '--detach');
  const write = ['sh', '-c', 'echo kept > /data/note'];
  await lab.run('in', app.server.name, 'docker', 'exec', `${app.name}-web-1`, ...write);
});
afterAll(async () => {
  await app.remove();
  await app.server.engine.delete(`/volumes/${app.name}_data`).catch(() => undefined);
  await app.server.engine.delete(`/networks/${app.name}_default`).catch(() => undefined);
});

test('an existing deployment is refused with what to do, running or down, and nothing is changed', async () => {
  const sentence = `an existing "docker compose up -d" deployment of this app is on the server (project ${app.name}`;
  for (const down of [false, true]) {
    if (down) await owner('down');
    const before = await snapshot(app.server);
    const run = await deploy(1);
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toContain(sentence);
    expect(run.errors[0]?.message).toContain(`its data is in ${app.name}_data`);
    expect(await snapshot(app.server)).toBe(before);
  }
  await owner('up', '--detach');
});

test('an existing deployment runs again, with its data, if the deploy that takes it over fails', async () => {
  const run = await deploy(2, { adopt: 'true', up: 'never', 'health-timeout': patienceInput(20) });
  expect(run.succeeded).toBe(false);
  expect(run.errors[0]?.message).toContain(`The project ${app.name} runs again, as before.`);
  expect(await states('web', 'db', 'production-db')).toEqual(['running', 'running', undefined]);
  expect(await app.version()).toBe('old');
  expect(await data()).toBe('kept\n');
  const { HostConfig } = await app.server.engine.get(`/containers/${app.name}-web-1/json`);
  expect(HostConfig.RestartPolicy.Name).toBe('always');
});

test('an existing deployment is taken over with its volumes, which keep their names in later deploys', async () => {
  succeeded(await deploy(3, { adopt: 'true' }));
  expect([await app.version(), await data()]).toEqual(['3', 'kept\n']);
  expect(await states('web', 'db', 'production-db')).toEqual(['exited', 'exited', 'running']);
  expect(await volumesOf('production-db')).toEqual([`${app.name}_data`]);

  const { outputs } = succeeded(await deploy(4));
  expect([await app.version(), await data()]).toEqual(['4', 'kept\n']);
  expect(await volumesOf(`production-${outputs['release']}-web`)).toEqual([`${app.name}_data`]);
  await expect(app.server.engine.get(`/volumes/${app.name}-production_data`)).rejects.toThrow('404');
});

describe('an existing deployment whose database has a container_name', () => {
  let named: TestApp;
  const database = (): string => `${named.name}-database`;
  const setAside = (): string => `${database()}-before-sealift`;
  const ownerOfNamed = (...args: readonly string[]): Promise<void> =>
    ownerCompose(named, file(named.port, image, database()), ...args);
  const deployNamed = (
    version: number,
    inputs: Inputs = {},
    options: Partial<ActionOptions> = {},
  ): Promise<ActionRun> => {
    const { up = '0', ...others } = inputs;
    const env = `VERSION=${version}\nUP=${up}\nDATABASE=${database()}`;
    return named.deploy(image, { env, 'health-path': '/up', ...others }, options);
  };
  /** The projects and states of the containers of the database, by name. */
  async function databases(): Promise<Record<string, string>> {
    const found = await named.server.engine.containers(database());
    const texts = [...found].map(([name, { labels, state }]) => [
      name,
      `${labels['com.docker.compose.project']} ${state}`,
    ]);
    return Object.fromEntries(texts);
  }
  const keptData = async (): Promise<string> => (await ask(named.url('/file?path=/data/note'))).body;
  /** Once it listens again. */
  const runsAsBefore = async (): Promise<void> => {
    await until('the former release answers', () =>
      named.version().then(
        (version) => version === 'old',
        () => false,
      ),
    );
    expect(await keptData()).toBe('kept\n');
  };
  const failing = (): Inputs => ({ adopt: 'true', up: 'never', 'health-timeout': patienceInput(20) });

  beforeAll(async () => {
    named = await testApp({
      lab,
      stem: 'named',
      files: (port) => compose(file(port, '${IMAGE}', '${DATABASE}')),
    });
    await ownerOfNamed('up', '--detach');
    const write = ['sh', '-c', 'echo kept > /data/note'];
    await lab.run('in', named.server.name, 'docker', 'exec', `${named.name}-web-1`, ...write);
  });
  afterAll(async () => {
    await named.remove();
    await named.server.engine.delete(`/volumes/${named.name}_data`).catch(() => undefined);
    await named.server.engine.delete(`/networks/${named.name}_default`).catch(() => undefined);
  });

  test('has that name again, and runs, if the deploy that takes it over fails', async () => {
    const run = await deployNamed(2, failing());
    expect(run.errors[0]?.message).toContain(`The project ${named.name} runs again, as before.`);
    expect(await databases()).toEqual({ [database()]: `${named.name} running` });
    await runsAsBefore();
  });

  test('is left stopped by a killed run, which the next one says with the way back', async () => {
    const interrupt = { when: /✓ .* start the accessory db/, how: 'SIGKILL' } as const;
    const killed = await deployNamed(3, { adopt: 'true' }, { interrupt, withoutPost: true });
    expect(killed.signal).toBe('SIGKILL');
    const taken = {
      [database()]: `${named.name}-production running`,
      [setAside()]: `${named.name} exited`,
    };
    expect(await databases()).toEqual(taken);
    const refused = await deployNamed(4);
    expect(refused.errors[0]?.message).toContain(
      'A run with "adopt: true" that was interrupted has stopped it.',
    );
    expect(refused.errors[0]?.message).toContain(`"docker rename ${setAside()} ${database()}"`);
    expect(await databases()).toEqual(taken);
  });

  test('has its name back after a run that fails, too, and starts with Compose', async () => {
    const run = await deployNamed(5, failing());
    expect(run.errors[0]?.message).toContain(`the project ${named.name} is stopped, as before.`);
    expect(await databases()).toEqual({ [database()]: `${named.name} exited` });
    await ownerOfNamed('start');
    await runsAsBefore();
  });

  test('is taken over; the accessory has the name, in later deploys too, and the former container stays beside it', async () => {
    for (const version of [6, 7]) {
      succeeded(await deployNamed(version, version === 6 ? { adopt: 'true' } : {}));
      expect([await named.version(), await keptData()]).toEqual([String(version), 'kept\n']);
      expect(await databases()).toEqual({
        [database()]: `${named.name}-production running`,
        [setAside()]: `${named.name} exited`,
      });
    }
  });
});
