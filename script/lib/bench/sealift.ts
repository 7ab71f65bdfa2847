import type { ActionRun, Inputs } from '../../../__tests__/support/action.ts';
import type { Lab, Server } from '../../../__tests__/support/lab.ts';
import { reportOf, succeeded, testApp } from '../../../__tests__/support/test-app.ts';
import { appFiles, buildApp } from './app.ts';
import type { Contender, Took } from './contender.ts';
import { total } from './figures.ts';

/**
 * The deploy and rollback actions with their post step, as GitHub's runner runs them. Logging in to the registry is part
 * of it; the health check asks the app's own /up.
 *
 * @param host in place of the server's ssh:// address
 */
export async function sealift(
  lab: Lab,
  server: Server,
  versions: readonly string[],
  host?: string,
): Promise<Contender> {
  const way: Inputs =
    host === undefined ? {} : { hosts: host, 'ssh-key': undefined, 'known-hosts': undefined };
  return await sealiftFleet(lab, [server], versions, way);
}

/**
 * The same on several servers.
 *
 * @param way inputs in place of those with which the servers are reached over SSH
 */
export async function sealiftFleet(
  lab: Lab,
  servers: readonly Server[],
  versions: readonly string[],
  way: Inputs = {},
): Promise<Contender> {
  const app = await testApp({ lab, stem: 'bench', servers, files: appFiles });
  const inputs = { ...way, 'health-path': '/up' };
  return {
    name: 'Sealift',
    app: app.name,
    server: app.server,
    url: app.url(),
    versions: await buildApp(lab, app.repository, versions),
    deploy: async ({ image }) => took(await app.deploy(image, inputs)),
    back: async () => took(await app.rollback(way)),
    remove: () => app.remove(),
  };
}

function took(run: ActionRun): Took {
  succeeded(run);
  const report: { durationMs: number; steps: { stage: string; durationMs: number }[] } = reportOf(run);
  const stages: Record<string, number> = {};
  for (const { stage, durationMs } of report.steps) stages[stage] = (stages[stage] ?? 0) + durationMs;
  const post = run.post?.milliseconds ?? 0;
  return {
    all: run.milliseconds + post,
    stages: {
      'start and end of the process': run.milliseconds - report.durationMs,
      'before the plan': report.durationMs - total(Object.values(stages)),
      ...stages,
      post,
    },
  };
}
