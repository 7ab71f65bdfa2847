import type { ComposeService } from '../../model/compose-config.ts';
import { asList, asObject, asStrings, asText, unescapeDollars, wordsOf } from '../../model/json.ts';

/** A command that Compose runs in a container right after it starts, or before it stops. */
export interface LifecycleHook {
  readonly argv: readonly string[];
  /** The container's own, without a value. */
  readonly user: string | undefined;
  readonly privileged: boolean;
  readonly workingDir: string | undefined;
  /** `NAME=value`; `NAME` alone removes one. */
  readonly environment: readonly string[];
}

export type LifecycleHookKey = 'post_start' | 'pre_stop';

/** The commands of `post_start` or `pre_stop` of a service, in order, as the engine needs them. Pure. */
export function lifecycleHooksOf(
  service: ComposeService | undefined,
  key: LifecycleHookKey,
): readonly LifecycleHook[] {
  return asList(service?.[key])
    .map(asObject)
    .map(({ command, user, privileged, working_dir: workingDir, environment }) => ({
      argv: asStrings(command).map(unescapeDollars),
      user: plainString(user),
      privileged: privileged === true,
      workingDir: plainString(workingDir),
      environment: Object.entries(asObject(environment)).map(([name, value]) =>
        value === null || value === undefined ? name : `${name}=${unescapeDollars(wordsOf(value))}`,
      ),
    }))
    .filter(({ argv }) => argv.length > 0);
}

function plainString(value: unknown): string | undefined {
  const text = asText(value);
  return text === undefined ? undefined : unescapeDollars(text);
}
