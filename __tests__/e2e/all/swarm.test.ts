/** Releases on a real swarm of three servers. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionRun } from '../../support/action.ts';
import { buildVersions, type Version } from '../../support/apps/images.ts';
import { compose } from '../../support/apps/probe.ts';
import { labWith } from '../../support/lab.ts';
import { leaveSwarm, makeSwarm } from '../../support/swarm.ts';
import { managers, probeService, type SwarmApp, swarmApp } from '../../support/swarm-app.ts';
import { reportOf, succeeded } from '../../support/test-app.ts';

const lab = await labWith(3);
let app: SwarmApp;
let versions: readonly Version[];
const imageOf = (version: number): string => versions[version]?.image ?? '';

const files = (port: number) =>
  compose({
    services: {
      web: probeService(
        port,
        {
          environment: {
            EXIT_AFTER_MS: '${EXIT_AFTER_MS:-}',
            EXIT_CODE: '3',
            UP_AFTER_MS: '${UP_AFTER_MS:-0}',
          },
          secrets: ['key'],
          configs: [{ source: 'greeting', target: '/etc/greeting' }],
        },
        {
          replicas: '${REPLICAS:-2}',
          update_config: {
            order: '${ORDER:-stop-first}',
            monitor: '3s',
            failure_action: '${FAILURE_ACTION:-pause}',
          },
        },
      ),
      worker: {
        image: '${IMAGE}',
        environment: { PORT: '0', EXTRA: '${EXTRA:-}' },
        deploy: { restart_policy: { delay: '500ms' }, update_config: { monitor: '1s' } },
        command: ['node', '-e', 'setInterval(() => {}, 1000)'],
      },
    },
    secrets: { key: { environment: 'KEY' } },
    configs: { greeting: { content: 'hello ${NAME:-you}\n' } },
  });

beforeAll(async () => {
  await makeSwarm(lab);
  app = await swarmApp({ lab, stem: 'swarm', files });
  versions = await buildVersions(lab, app.app.repository, ['0', '1', '2', '3']);
});
afterAll(async () => {
  await app.remove();
  await leaveSwarm(lab);
});

/** Variables of the Compose file, with the secret. */
const env = (variables: Readonly<Record<string, string>> = {}) => ({
  env: Object.entries({ KEY: 'a-secret-of-the-swarm', ...variables })
    .map((pair) => pair.join('='))
    .join('\n'),
});

describe('a deploy', () => {
  test('runs every service by digest, on the nodes that the swarm chooses, and says so only when all tasks run', async () => {
    const run = succeeded(await app.deploy(imageOf(0), env()));
    expect(await app.running()).toEqual({ web: [imageOf(0), imageOf(0)], worker: [imageOf(0)] });
    expect(await app.versions()).toEqual(['0', '0']);
    expect(reportOf(run)).toMatchObject({
      result: 'deployed',
      orchestrator: 'swarm',
      live: run.outputs['release'],
    });
  });

  test('of what is live already changes nothing', async () => {
    const before = await app.manager.engine.get('/services');
    expect(reportOf(succeeded(await app.deploy(imageOf(0), env()))).result).toBe('unchanged');
    expect(await app.manager.engine.get('/services')).toEqual(before);
  });
});

describe('a release that fails', () => {
  /** One error that says why, and the swarm as it was before: every service, secret and config of the live release. */
  const expectRestored = async (run: ActionRun, says: RegExp): Promise<void> => {
    expect(run.errors.map(({ message }) => message)).toEqual([expect.stringMatching(says)]);
    expect(run.errors[0]?.message).toMatch(/[0-9a-f]{8} is live again, wholly\.$/);
    expect(run.outputs).toMatchObject({ 'rolled-back': 'true' });
    expect(await app.running()).toEqual({ web: [imageOf(0), imageOf(0)], worker: [imageOf(0)] });
    expect(await app.versions()).toEqual(['0', '0']);
    const { live } = reportOf(run);
    const services: { Spec: { Name: string; Labels: Record<string, string> } }[] =
      await app.manager.engine.get('/services');
    expect(services.map(({ Spec }) => Spec.Labels['sealift.release'])).toEqual([live, live]);
    expect(await app.objects('secrets')).toHaveLength(1);
  };

  test('because its tasks end is taken back, with the worker that had converged; node, exit code and last lines say why', async () => {
    const run = await app.deploy(
      imageOf(1),
      env({ EXIT_AFTER_MS: '300', KEY: 'another-secret', EXTRA: 'x' }),
    );
    await expectRestored(run, /web did not converge: .*on s\d: task: non-zero exit \(3\)/);
    const [evidence] = reportOf(run).evidence;
    expect(evidence).toMatchObject({ service: 'web', state: 'failed', exitCode: 3 });
    expect(evidence.lastLines.join('\n')).toContain('probe 1: ends with 3');
    expect(run.summary).toContain('probe 1: ends with 3');
  });

  test('and that the swarm rolls back by itself is a failure, too', async () => {
    // Late enough to have been running: only then the swarm counts it.
    const given = env({ EXIT_AFTER_MS: '2000', FAILURE_ACTION: 'rollback' });
    await expectRestored(await app.deploy(imageOf(1), given), /the swarm rolled it back by itself/);
  });

  test('because it finds no node is one, too, with the words of the scheduler', async () => {
    // One more than there are nodes: else it is chance whether each finds a place.
    const given = { ...env({ ORDER: 'start-first', REPLICAS: '4' }), 'health-timeout': '10s' };
    await expectRestored(
      await app.deploy(imageOf(1), given),
      /no suitable node \(host-mode port already in use/,
    );
  });

  test('because it never gets healthy is one, too', async () => {
    const given = { ...env({ UP_AFTER_MS: 'never' }), 'health-timeout': '10s' };
    await expectRestored(await app.deploy(imageOf(1), given), /web did not converge: .*HEALTHCHECK/);
  });
});

describe('around a release', () => {
  test('a dry run prints what would change, values of variables and secrets left out, and changes nothing', async () => {
    const before = await app.manager.engine.get('/services');
    const given = { ...env({ EXTRA: 'hidden-value', KEY: 'hidden-secret' }), 'dry-run': 'true' };
    const run = succeeded(await app.deploy(imageOf(1), given));
    expect(run.log).toMatch(/update service worker: environment\.EXTRA, image: \S+ → \S+/);
    expect(run.log).toContain('update secret key: its content');
    expect(run.log).not.toMatch(/hidden-(value|secret)/);
    expect(reportOf(run)).toMatchObject({ result: 'planned' });
    expect(await app.manager.engine.get('/services')).toEqual(before);
    expect(await app.objects('secrets')).toHaveLength(1);
  });

  test('before-release runs in the new image with the variables of its service; its failure changes nothing', async () => {
    const before = await app.running();
    const command = `web=node -e 'console.log("migrates", process.env.VERSION); process.exit(Number(process.env.VERSION))'`;
    const run = await app.deploy(imageOf(1), { ...env(), 'before-release': command });
    expect(run.log).toContain('│ migrates 1');
    expect(run.errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/: before-release: .* failed in web with exit code 1\. Nothing was deployed\.$/),
    ]);
    expect(await app.running()).toEqual(before);
  });

  test('the lock of another run keeps a deploy away, with its name', async () => {
    const labels = {
      'sealift.app': app.app.name,
      'sealift.environment': app.app.environment,
      'sealift.role': 'lock',
    };
    const content = JSON.stringify({ actor: 'hubot', runUrl: 'https://github.com/octo/shop/actions/runs/7' });
    const { ID } = await app.manager.engine.post('/configs/create', {
      Name: `${app.stack}.sealift.lock`,
      Labels: labels,
      Data: Buffer.from(content).toString('base64'),
    });
    const run = await app.deploy(imageOf(1), { ...env(), 'lock-timeout': '0s' });
    await app.manager.engine.delete(`/configs/${ID}`);
    expect(run.errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /lock-timeout: .* locked by a run of hubot, .*\/runs\/7\).* Nothing was deployed\.$/,
      ),
    ]);
  });

  test.each([
    ['a worker', () => lab.servers[1]?.url, 'it is a worker of its swarm'],
    ['an engine of no swarm', () => lab.runnerEnvironment['DOCKER_HOST'], 'it is not in a swarm'],
  ])('%s is refused, with what to name instead', async (_, hosts, says) => {
    const run = await app.deploy(imageOf(1), { ...env(), hosts: hosts() ?? '' });
    expect(run.errors.map(({ message }) => message)).toEqual([expect.stringContaining(says)]);
  });
});

test('of several hosts the first one that is a manager is used, with a notice about the others', async () => {
  const [manager, worker] = lab.servers;
  const given = { ...env(), ...managers(lab, worker, manager), 'dry-run': 'true' };
  const run = succeeded(await app.deploy(imageOf(1), given));
  expect(run.notices.map(({ message }) => message)).toContainEqual(
    expect.stringContaining(`${manager?.url} is used, because ${worker?.url}: it is a worker of its swarm`),
  );
});

describe('rollback, status and keep', () => {
  const secretOf = async (): Promise<readonly string[]> => {
    const services: { Spec: { TaskTemplate: { ContainerSpec: { Secrets?: { SecretName: string }[] } } } }[] =
      await app.manager.engine.get('/services');
    return services.flatMap(({ Spec }) =>
      (Spec.TaskTemplate.ContainerSpec.Secrets ?? []).map(({ SecretName }) => SecretName),
    );
  };

  test('a rollback restores images, secrets and configs of the release before; status shows both and the history', async () => {
    const [before] = await secretOf();
    const first = reportOf(await app.status()).live;
    succeeded(await app.deploy(imageOf(1), env({ KEY: 'rotated-secret', NAME: 'all' })));
    expect(await secretOf()).not.toEqual([before]);
    expect(await app.versions()).toEqual(['1', '1']);

    const run = succeeded(await app.rollback({}, { runId: '4712' }));
    expect(run.outputs).toMatchObject({ release: first });
    expect(await secretOf()).toEqual([before]);
    expect(await app.running()).toEqual({ web: [imageOf(0), imageOf(0)], worker: [imageOf(0)] });

    const status = succeeded(await app.status());
    expect(status.outputs).toMatchObject({ healthy: 'true', release: first, image: imageOf(0) });
    const history: { command: string; result: string }[] = reportOf(status).history;
    expect(history.slice(0, 2).map(({ command, result }) => [command, result])).toEqual([
      ['rollback', 'deployed'],
      ['deploy', 'deployed'],
    ]);
    // Who, in which run, and who approved.
    expect(history[0]).toMatchObject({
      ...{ actor: 'mona', runUrl: expect.stringContaining('/runs/4712') },
      approval: { kind: 'approved', approvers: [{ login: 'hubot' }] },
    });
  });

  test('a rollback goes to any release that is kept, with all that it had', async () => {
    const [before] = await secretOf();
    const { history } = reportOf(succeeded(await app.status()));
    succeeded(await app.rollback({ to: history[1].release }));
    expect(await app.versions()).toEqual(['1', '1']);
    expect(await secretOf()).not.toEqual([before]);
  });

  test('keep: 1 leaves the live release alone, with its records, secrets and configs', async () => {
    succeeded(await app.deploy(imageOf(2), { ...env({ KEY: 'last-secret' }), keep: '1' }));
    expect(await app.objects('secrets')).toEqual(await secretOf());
    expect((await app.objects('configs')).filter((name) => name.includes('.sealift.'))).toHaveLength(1);
    const run = await app.rollback();
    expect(run.errors.map(({ message }) => message)).toEqual([expect.stringContaining('was live before')]);
  });
});
