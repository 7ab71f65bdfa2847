import { randomUUID } from 'node:crypto';
import type { ClusterHook, ClusterWait } from '../cluster/cluster.ts';
import type { SwarmEngine, SwarmService, SwarmTask } from '../engine/swarm-engine.ts';
import { taskHasEnded } from '../engine/swarm-responses.ts';
import { baseProject, LABEL, labelsOf, OWN_ROLE } from '../model/app-environment.ts';
import { formatDuration } from '../model/duration.ts';
import { HostError } from '../model/errors.ts';
import { KILLED_EXIT_CODE, killedText } from '../model/exit-code.ts';
import { HOOK_ERROR_LINES, hookName } from '../model/hook-text.ts';
import { asObject, pickKeys, withoutKeys } from '../model/json.ts';
import type { StackRelease } from '../release/stack/make-stack-release.ts';
import type { StackFile } from '../release/stack/stack-file.ts';
import { LoggedOutput } from '../run/logged-output.ts';
import { pause } from '../run/pause.ts';
import { taskProblem } from './judge-service.ts';
import { deployStack, type StackCli } from './stack-deploy.ts';
import { readSwarmState, stackLabel } from './swarm-state.ts';

/** Milliseconds between two looks. */
const LOOK_INTERVAL = 500;

/** What runs a command in a swarm. */
interface JobRunner {
  readonly swarm: SwarmEngine;
  readonly cli: StackCli;
  /** Gets each line of its output. */
  readonly log: (line: string) => void;
}

/**
 * Runs a command once in the new image of a service, as a job of the swarm in the same stack: with the networks, volumes, secrets
 * and variables of the service. Its output is logged while it runs, and nothing of it stays, not even of a run that was killed.
 * @throws HostError with the last lines when it ends with another exit code than 0, or is never started
 */
export async function runStackJob(
  runner: JobRunner,
  release: StackRelease,
  hook: ClusterHook,
  wait: ClusterWait,
): Promise<string> {
  const { swarm, cli } = runner;
  await removeJobs(swarm, release);
  const name = `${hook.service}-${hook.when}-${randomUUID().slice(0, 4)}`;
  try {
    await deployStack(cli, baseProject(release), jobFile(release, hook, name), wait);
    return await awaitJob(runner, release, hook, `${baseProject(release)}_${name}`, wait);
  } finally {
    await removeJobs(swarm, release).catch(() => undefined);
  }
}

/** Whether a service is the job of a command around a release. */
export const isJobOfHook = ({ labels }: SwarmService): boolean => labels[LABEL.role] === OWN_ROLE.hook;

async function removeJobs(swarm: SwarmEngine, release: StackRelease): Promise<void> {
  const services = await swarm.listServices([stackLabel(baseProject(release))]);
  for (const service of services.filter(isJobOfHook)) await swarm.removeService(service.id);
}

/** A stack file with the job alone. Without `--prune` the other services are left alone. */
function jobFile({ definition, ...release }: StackRelease, hook: ClusterHook, name: string): StackFile {
  const service = definition.services[hook.service] ?? {};
  const deploy = pickKeys<unknown>(asObject(service['deploy']), ['resources', 'placement']);
  const placement = withoutKeys(asObject(deploy['placement']), 'max_replicas_per_node');
  const labels = { ...labelsOf(release), [LABEL.role]: OWN_ROLE.hook };
  return {
    ...definition,
    services: {
      [name]: {
        ...withoutKeys(service, 'ports', 'deploy'),
        // The CLI would read a dollar sign as the beginning of a variable.
        command: hook.argv.map((word) => word.replaceAll('$', '$$$$')),
        healthcheck: { disable: true },
        labels: { ...asObject(service['labels']), ...labels },
        deploy: {
          ...deploy,
          ...{ placement, mode: 'replicated-job', replicas: 1, labels },
          restart_policy: { condition: 'none' },
        },
      },
    },
  };
}

async function awaitJob(
  { swarm, log }: JobRunner,
  release: StackRelease,
  hook: ClusterHook,
  serviceName: string,
  wait: ClusterWait,
): Promise<string> {
  using output = new LoggedOutput(log, HOOK_ERROR_LINES);
  const startedAt = performance.now();
  let after = '';
  for (;;) {
    const { services, tasks, nodes } = await readSwarmState(swarm, baseProject(release));
    const service = services.find(({ name }) => name === serviceName);
    const task = tasks.find(({ serviceId }) => serviceId === service?.id);
    if (task !== undefined && (task.state === 'running' || taskHasEnded(task.state))) {
      const entries = await swarm.taskLogsAfter(task.id, after, wait.signal).catch(() => []);
      for (const { line } of entries) output.push(line);
      after = entries.at(-1)?.time ?? after;
      if (task.state === 'complete') return 'exit code 0';
      if (taskHasEnded(task.state)) {
        throw new HostError(swarm.host, jobFailureText(hook, task, taskProblem(task, nodes)), {
          evidence: output.lastLines,
          alreadyLogged: true,
        });
      }
    } else if (performance.now() - startedAt > release.health.timeout && task?.state !== 'preparing') {
      const why = task === undefined ? 'the swarm has made no task for it' : taskProblem(task, nodes);
      throw new HostError(
        swarm.host,
        `${hookName(hook.when, hook.argv)} was not started in ${hook.service} within ${formatDuration(release.health.timeout)}: ${why}.`,
      );
    }
    await pause(LOOK_INTERVAL, wait.signal);
  }
}

function jobFailureText(hook: ClusterHook, { exitCode }: SwarmTask, problem: string): string {
  const name = hookName(hook.when, hook.argv);
  if (exitCode === undefined) return `${name} could not be started in ${hook.service}: ${problem}.`;
  if (exitCode === KILLED_EXIT_CODE) return killedText(name, hook.service);
  return `${name} failed in ${hook.service} with exit code ${exitCode}.`;
}
