import type { ActionRun, Inputs } from '../../../__tests__/support/action.ts';
import type { Lab, Server } from '../../../__tests__/support/lab.ts';
import { reportOf, succeeded, testApp } from '../../../__tests__/support/test-app.ts';
import { appFiles, buildApp } from './app.ts';
import type { Contender, Took } from './contender.ts';
import { total } from './figures.ts';

/**
 * The deploy and rollback actions with their post step, as GitHub's runner runs them. This includes the login to the registry.
 * The health check requests /up of the app.
 *
 * @param host replaces the ssh:// address of the server
 */
export async function sealift(
  lab: Lab,
  server: Server,
  versions: readonly string[],
  host?: string,
): Promise<Contender> {
  const accessInputs: Inputs =
    host === undefined ? {} : { hosts: host, 'ssh-key': undefined, 'known-hosts': undefined };
  return await sealiftFleet(lab, [server], versions, accessInputs);
}

/**
 * The same on several servers.
 *
 * @param accessInputs inputs that replace those for SSH access to the servers
 */
export async function sealiftFleet(
  lab: Lab,
  servers: readonly Server[],
  versions: readonly string[],
  accessInputs: Inputs = {},
): Promise<Contender> {
  const app = await testApp({ lab, stem: 'bench', servers, files: appFiles });
  const inputs = { ...accessInputs, 'health-path': '/up' };
  return {
    name: 'Sealift',
    app: app.name,
    server: app.server,
    url: app.url(),
    versions: await buildApp(lab, app.repository, versions),
    deploy: async ({ image }) => took(await app.deploy(image, inputs)),
    back: async () => took(await app.rollback(accessInputs)),
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
    programs: run.debug.flatMap((line) => /^\$ (?<command>docker \S+)/.exec(line)?.groups?.['command'] ?? []),
  };
}
