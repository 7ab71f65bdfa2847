import type { ExecResult } from '../engine/engine.ts';
import { formatCommand } from '../model/command-line.ts';
import { formatDuration } from '../model/duration.ts';
import { type CommandError, HostError, isCausedByAbort, messageWithHost } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';
import { inputRef } from '../model/input-ref.ts';
import { oneLine } from '../model/plain-text.ts';
import {
  type LifecycleHook,
  type LifecycleHookKey,
  lifecycleHooksOf,
} from '../release/compose/lifecycle-hooks.ts';
import { type Labelled, releaseIdOn, serviceOf } from './compose-labels.ts';
import type { HostContext } from './host-context.ts';

/**
 * `post_start` and `pre_stop` of the Compose file. Compose runs them when it starts and stops containers. Sealift starts and
 * stops existing containers through the engine, which does not know them, so it runs them itself.
 */

/** Lines of the command's output that an error shows. */
const HOOK_LINES = 20;

/** Milliseconds for `pre_stop` when the job was cancelled and has few seconds left. */
const CANCELLED_LIMIT = 1_000;

/** What hooks need of the context of a host. */
export type HookContext = Pick<HostContext, 'engine' | 'log' | 'signal' | 'jobCancelled' | 'releases'>;

export interface HookedContainer extends Labelled {
  readonly id: string;
  readonly name: string;
}

/**
 * Runs `post_start` in a container that was started, command after command.
 * @throws HostError when a command ends with another exit code than 0, can't be started, or takes longer than `health-timeout`
 */
export async function runPostStart(context: HookContext, container: HookedContainer): Promise<void> {
  const { hooks, limit } = hooksFor(context, container, 'post_start');
  for (const hook of hooks) await runLifecycleHook(context, container, 'post_start', hook, limit);
}

/**
 * Runs `pre_stop` in a container that is about to be stopped. It must not prevent the stop, which may be part of a rollback: if
 * a command fails or takes too long, the log has a warning.
 */
export async function runPreStop(context: HookContext, container: HookedContainer): Promise<void> {
  const { hooks, limit } = hooksFor(context, container, 'pre_stop');
  for (const hook of hooks) {
    try {
      const most = context.jobCancelled ? CANCELLED_LIMIT : limit;
      await runLifecycleHook(context, container, 'pre_stop', hook, most);
    } catch (error) {
      context.signal.throwIfAborted();
      context.log.warning(`${messageWithHost(context.engine.host, error)} It is stopped all the same.`);
      return;
    }
  }
}

/** Without a record of its release, what a container would need is not known. */
function hooksFor(
  { releases }: HookContext,
  container: HookedContainer,
  key: LifecycleHookKey,
): { readonly hooks: readonly LifecycleHook[]; readonly limit: number } {
  const id = releaseIdOn(container);
  const release = id === undefined ? undefined : releases.get(id);
  const service = release?.compose.services[serviceOf(container) ?? ''];
  return { hooks: lifecycleHooksOf(service, key), limit: release?.health.timeout ?? 0 };
}

async function runLifecycleHook(
  { engine, log, signal }: HookContext,
  container: HookedContainer,
  key: LifecycleHookKey,
  hook: LifecycleHook,
  limit: number,
): Promise<void> {
  const { argv, ...options } = hook;
  const deadline = AbortSignal.timeout(limit);
  const either = AbortSignal.any([signal, deadline]);
  const text = `${key} of ${serviceOf(container) ?? container.name}, "${formatCommand(argv)}",`;
  let result: ExecResult;
  try {
    result = await engine.exec(container.id, argv, { ...options, signal: either });
  } catch (error) {
    if (!isCausedByAbort(error, either) || signal.aborted) throw error;
    throw new HostError(
      engine.host,
      `${text} did not end in ${container.name} within ${formatDuration(limit)}. Increase "${inputRef('health-timeout')}", or make it shorter.`,
    );
  }
  const { exitCode, stdout, stderr } = result;
  if (exitCode === 0) return;
  const evidence = (stdout + stderr)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-HOOK_LINES);
  const last = oneLine(evidence.at(-1) ?? '') || 'it printed nothing';
  // Compose ignores a program that the image lacks (seen with 2.40), so the release was accepted without it.
  if (last.startsWith('OCI runtime exec failed')) {
    log.warning(`${engine.host}: ${text} could not be started in ${container.name}: ${last}`);
    return;
  }
  const message = `${text} failed in ${container.name} with exit code ${exitCode}: ${last}.`;
  throw new HostError(engine.host, message, { evidence });
}

/** The error for a `post_start` that failed when Compose started its container; `undefined` for any other failure of Compose. */
export function composeHookError(host: HostName, { stderr }: CommandError): HostError | undefined {
  const [, service, exitCode] = /^(\S+) hook exited with status (-?\d+)$/m.exec(stderr) ?? [];
  if (service === undefined) return undefined;
  const output = 'Compose does not pass its output on; run it with docker exec to see why';
  return new HostError(host, `post_start of ${service} failed with exit code ${exitCode}. ${output}.`);
}
