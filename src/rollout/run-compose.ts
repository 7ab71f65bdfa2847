import type { ComposeConfig } from '../model/compose-config.ts';
import { formatDuration } from '../model/duration.ts';
import { CommandError, ConfigurationError, HostError } from '../model/errors.ts';
import type { HostName, ReleaseId } from '../model/identifiers.ts';
import { inputRef } from '../model/input-ref.ts';
import type { ConfidentialValues, Release } from '../model/release.ts';
import { joinWithAnd } from '../model/text.ts';
import { confidentialVariables } from '../release/definition-fingerprints.ts';
import { missingContents } from '../release/file-content-names.ts';
import { runComposeProgram } from '../run/compose-program.ts';
import { anySignal } from '../run/signals.ts';
import { explainStartFailure } from './explain-start-failure.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { composeHookError } from './lifecycle-hooks.ts';
import { withNamesOnHost } from './names-on-host.ts';

/** Milliseconds for the work of `docker compose`, beyond the waits that `health-timeout` is for. */
const COMPOSE_OVERHEAD = 60_000;

interface ComposeOptions {
  /** Milliseconds in which services can start that depend on others. By itself, Compose waits for these without end. */
  readonly timeout?: number;
  /** Gets the output of a command, without Compose's progress. */
  readonly onLine?: (line: string) => void;
}

/**
 * Runs `docker compose` on the runner against the host's engine, over the connection that is already open.
 * @throws HostError when the time is over
 */
export async function runCompose(
  context: HostContext,
  project: string,
  config: ComposeConfig,
  confidential: ConfidentialValues,
  args: readonly string[],
  { timeout, onLine }: ComposeOptions,
): Promise<void> {
  const { engine, environment, signal: cancelled } = context;
  const named = await withNamesOnHost(context, config);
  const deadline = timeout === undefined ? undefined : AbortSignal.timeout(timeout + COMPOSE_OVERHEAD);
  const progress = onLine === undefined ? 'plain' : 'quiet';
  const env = { ...environment, ...engine.cliEnvironment, ...Object.fromEntries(confidential) };
  try {
    const argv = ['--project-name', project, '--file', '-', '--progress', progress, ...args];
    await runComposeProgram(context, argv, {
      signal: anySignal(cancelled, deadline),
      stdin: JSON.stringify(named),
      env: { ...env, COMPOSE_PROFILES: '*' },
      ...(onLine && { onLine }),
    });
  } catch (error) {
    const failedHook = error instanceof CommandError ? composeHookError(engine.host, error) : undefined;
    if (failedHook !== undefined) throw failedHook;
    if (timeout === undefined || !deadline?.aborted || cancelled.aborted)
      throw await explainStartFailure(engine, error, Object.values(config.services));
    throw new HostError(
      engine.host,
      `docker compose still waits for what services depend on, after ${formatDuration(timeout + COMPOSE_OVERHEAD)}. Increase "${inputRef('health-timeout')}", or fix what the container logs show.`,
      { cause: error },
    );
  }
}

/**
 * The contents of a release's secrets and configs. A host has no record of them, so a rollback does not know them.
 * @throws ConfigurationError when containers would have to be created without them
 */
export function requireConfidential(context: HostContext, id: ReleaseId): ConfidentialValues {
  const known = context.confidential.get(id);
  const release = releaseById(context, id);
  const missing = missingContents(release, known);
  if (missing.length > 0) throw goneSecretsError(context.engine.host, release, missing);
  return known ?? new Map();
}

/**
 * For containers that would have to be created again without the contents of the secrets and configs of their release.
 * @param missing names of those that this run was not given
 */
export const goneSecretsError = (
  host: HostName,
  { id, origin }: Release,
  missing: readonly string[],
): ConfigurationError =>
  new ConfigurationError(
    `${host}: the containers of release ${id} are gone, and the contents of its secrets and configs are never kept on a host: ${joinWithAnd(missing)}. ` +
      `Give them to the action rollback in its input "${inputRef('secrets')}", or deploy its image again from a checkout of ${origin.revision ?? 'its commit'}: input "${inputRef('image')}".`,
  );

/**
 * The contents of the accessories' secrets and configs. Those of an earlier release were never kept, so contents of this
 * run with the same names replace them: undoing an update matters more than the former content of a secret.
 */
export function accessoryConfidential(context: HostContext, release: Release): ConfidentialValues {
  const { confidential } = context;
  const needed = confidentialVariables(release.base, Object.keys(release.base.services));
  const own = confidential.get(release.id) ?? new Map<string, string>();
  return (
    [own, ...confidential.values()].find((contents) => needed.every((name) => contents.has(name))) ??
    requireConfidential(context, release.id)
  );
}
