import type { ComposeConfig, ComposeObject } from '../../model/compose-config.ts';

/**
 * The file that `docker stack deploy` takes: of the third version of the Compose format, in which all secrets and configs are
 * external. Every `$` is doubled. Plain data.
 */
export interface StackFile extends Required<Omit<ComposeConfig, 'name'>> {
  readonly networks: Readonly<Record<string, ComposeObject>>;
  readonly volumes: Readonly<Record<string, ComposeObject>>;
}
