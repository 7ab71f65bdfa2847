import { randomUUID } from 'node:crypto';
import { ensureSlotNetworks } from '../edge/networks.ts';
import { showCommand } from '../model/command.ts';
import { CommandError, HostError } from '../model/errors.ts';
import { LABEL, releaseProject } from '../model/release.ts';
import type { Action } from '../plan/steps.ts';
import { renderHook } from '../release/render-hook.ts';
import { composeRun, confidentialOf } from './compose.ts';
import { releaseById, type Work } from './work.ts';

/** Lines of the command's output that an error shows. */
const KEPT = 30;

type RunAction = Action & { readonly kind: 'run' };

/**
 * Runs a command once in a container of a release's service, as `docker compose run --rm` does, and waits for its end. What
 * it prints goes to the log. No container of it stays, also none of a run that was killed.
 * @throws HostError with its last lines when it ends with another code than 0.
 */
export async function runHook(work: Work, action: RunAction): Promise<string> {
  const release = releaseById(work, action.release);
  const confidential = confidentialOf(work, action.release);
  // The engine removes a container a moment after its end, and the next command must not wait for its name.
  const name = `${releaseProject(release)}-${action.when}-${randomUUID().slice(0, 4)}`;
  await Promise.all([ensureSlotNetworks(work.engine, work.of), removeHooks(work)]);
  const lines: string[] = [];
  const options = ['--rm', '--no-deps', '--no-TTY', '--interactive=false', '--pull', 'never', '--name', name];
  try {
    await composeRun(
      work,
      releaseProject(release),
      renderHook(release, action.slot, action.service),
      confidential,
      ['run', ...options, action.service, ...action.argv],
      {
        signal: work.signal,
        progress: 'quiet',
        onLine(line) {
          work.log.info(`${work.engine.host}  │ ${line}`);
          lines.push(line);
          if (lines.length > KEPT) lines.shift();
        },
      },
    );
  } catch (error) {
    // The command may outlive a client that was ended.
    await removeHooks(work).catch(() => undefined);
    if (!(error instanceof CommandError) || work.signal.aborted) throw error;
    throw new HostError(work.engine.host, failed(action, error.exitCode, lines.at(-1)), {
      evidence: lines,
      told: true,
    });
  }
  return 'ended with 0';
}

/** Removes containers of commands that an earlier run left behind, still at work: nobody waits for them any more. */
async function removeHooks(work: Work): Promise<void> {
  const left = await work.engine.listContainers([
    `${LABEL.app}=${work.of.app}`,
    `${LABEL.environment}=${work.of.environment}`,
    `${LABEL.role}=hook`,
  ]);
  await Promise.all(left.map((container) => work.engine.removeContainer(container.id, { force: true })));
}

function failed({ when, argv, service }: RunAction, code: number | undefined, last = ''): string {
  const what = `${when}-release: "${showCommand(argv)}"`;
  // `docker compose run` ends with 1 where the engine refuses.
  const refusal = /^Error response from daemon: (?:.*unable to start container process: )?(?<why>.*)$/.exec(
    last,
  );
  if (refusal !== null)
    return `${what} could not be started in ${service}: ${refusal.groups?.['why'] ?? ''}.`;
  // docs.docker.com/engine/containers/run/#exit-status
  if (code === 137) return `${what} was killed in ${service} (exit code 137), most often for want of memory.`;
  return `${what} failed in ${service} with ${code === undefined ? 'a signal' : `exit code ${code}`}.`;
}
