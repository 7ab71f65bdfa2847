import { randomUUID } from 'node:crypto';
import { ensureSlotNetworks } from '../edge/networks.ts';
import { formatCommand } from '../model/command-line.ts';
import { CommandError, HostError } from '../model/errors.ts';
import { LABEL, releaseProject } from '../model/release.ts';
import type { Action } from '../plan/steps.ts';
import { renderHook } from '../release/render-hook.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { requireConfidential, runCompose } from './run-compose.ts';

/** Lines of the command's output that an error shows. */
const HOOK_OUTPUT_LINES = 30;

type RunHookAction = Action & { readonly kind: 'run-hook' };

/**
 * Runs a command once in a container of a release's service, as `docker compose run --rm` does, and waits for its end. What
 * it prints goes to the log. No container of it stays, also none of a run that was killed.
 * @throws HostError with its last lines when it ends with another code than 0.
 */
export async function runHook(context: HostContext, action: RunHookAction): Promise<string> {
  const release = releaseById(context, action.release);
  const confidential = requireConfidential(context, action.release);
  // The engine removes a container a moment after its end, and the next command must not wait for its name.
  const name = `${releaseProject(release)}-${action.when}-${randomUUID().slice(0, 4)}`;
  await Promise.all([
    ensureSlotNetworks(context.engine, context.appEnvironment),
    removeHookContainers(context),
  ]);
  const lines: string[] = [];
  const options = ['--rm', '--no-deps', '--no-TTY', '--interactive=false', '--pull', 'never', '--name', name];
  try {
    await runCompose(
      context,
      releaseProject(release),
      renderHook(release, action.slot, action.service),
      confidential,
      ['run', ...options, action.service, ...action.argv],
      {
        signal: context.signal,
        progress: 'quiet',
        onLine(line) {
          context.log.info(`${context.engine.host}  │ ${line}`);
          lines.push(line);
          if (lines.length > HOOK_OUTPUT_LINES) lines.shift();
        },
      },
    );
  } catch (error) {
    // The command may outlive a client that was ended.
    await removeHookContainers(context).catch(() => undefined);
    if (!(error instanceof CommandError) || context.signal.aborted) throw error;
    throw new HostError(context.engine.host, hookFailureText(action, error.exitCode, lines.at(-1)), {
      evidence: lines,
      alreadyLogged: true,
    });
  }
  return 'ended with 0';
}

/** Removes containers of commands that an earlier run left behind, still at work: nobody waits for them any more. */
async function removeHookContainers(context: HostContext): Promise<void> {
  const left = await context.engine.listContainers([
    `${LABEL.app}=${context.appEnvironment.app}`,
    `${LABEL.environment}=${context.appEnvironment.environment}`,
    `${LABEL.role}=hook`,
  ]);
  await Promise.all(left.map((container) => context.engine.removeContainer(container.id, { force: true })));
}

function hookFailureText(
  { when, argv, service }: RunHookAction,
  code: number | undefined,
  last = '',
): string {
  const what = `${when}-release: "${formatCommand(argv)}"`;
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
