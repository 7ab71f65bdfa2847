import { randomUUID } from 'node:crypto';
import { ensureSlotNetworks } from '../edge/networks.ts';
import { releaseProject } from '../model/app-environment.ts';
import { CommandError, HostError } from '../model/errors.ts';
import { KILLED_EXIT_CODE, killedText } from '../model/exit-code.ts';
import { HOOK_ERROR_LINES, hookName } from '../model/hook-text.ts';
import type { Action } from '../plan/actions.ts';
import { renderHook } from '../release/render-hook.ts';
import { LoggedOutput } from '../run/logged-output.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { requireConfidential, runCompose } from './run-compose.ts';

/**
 * Runs a command once in a new container of a release's service, like `docker compose run --rm`, and logs its output. No
 * container stays; one of a run that was killed is removed by the next (`cleanUpKilledRun`).
 * @throws HostError with the last lines when it ends with another exit code than 0
 */
export async function runHook(context: HostContext, action: Action<'run-hook'>): Promise<string> {
  const { engine, log, signal } = context;
  const { service, slot, when, argv } = action;
  const release = releaseById(context, action.release);
  const confidential = requireConfidential(context, action.release);
  const project = releaseProject(release);
  // Random: the engine removes a container a moment after its end, and the next command must not wait for the name.
  const name = `${project}-${when}-${randomUUID().slice(0, 4)}`;
  await ensureSlotNetworks(engine, context.appEnvironment);
  using output = new LoggedOutput((line) => log.info(`${engine.host}  │ ${line}`), HOOK_ERROR_LINES);
  const options = ['--rm', '--no-deps', '--no-TTY', '--interactive=false', '--pull', 'never', '--name', name];
  const command = ['run', ...options, service, ...argv];
  try {
    await runCompose(context, project, renderHook(release, slot, service), confidential, command, {
      onLine: (line) => output.push(line),
    });
  } catch (error) {
    // The command can outlive the client. By its name: a run that has taken the lock may run a command of its own by now.
    await engine.removeContainer(name, { force: true }).catch(() => undefined);
    if (!(error instanceof CommandError) || signal.aborted) throw error;
    throw new HostError(engine.host, hookFailureText(action, error.exitCode, output.lastLines.at(-1)), {
      evidence: output.lastLines,
      alreadyLogged: true,
    });
  }
  return 'exit code 0';
}

function hookFailureText(
  { when, argv, service }: Action<'run-hook'>,
  exitCode: number | undefined,
  lastLine = '',
): string {
  const hook = hookName(when, argv);
  // `docker compose run` also ends with 1 if the engine refuses.
  const refusal = /^Error response from daemon: (?:.*unable to start container process: )?(.*)$/.exec(
    lastLine,
  );
  if (refusal !== null) return `${hook} could not be started in ${service}: ${refusal[1]}.`;
  if (exitCode === KILLED_EXIT_CODE) return killedText(hook, service);
  const ending = exitCode === undefined ? 'a signal' : `exit code ${exitCode}`;
  return `${hook} failed in ${service} with ${ending}.`;
}
