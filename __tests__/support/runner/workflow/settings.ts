/** What the settings of a repository hold for its workflows. */
export interface Settings {
  readonly secrets?: Values;
  readonly variables?: Values;
  readonly environments?: Readonly<Record<string, EnvironmentSettings>>;
}

export type Values = Readonly<Record<string, string>>;

export interface EnvironmentSettings {
  readonly secrets?: Values;
  readonly variables?: Values;
  /** A required reviewer: is asked before a job of this environment begins. */
  readonly approve?: () => boolean | Promise<boolean>;
}

/**
 * The settings of an environment.
 *
 * @throws Error if there is none: GitHub would create it, without protection, and in a test that is a mistake
 */
export function environmentSettings({ environments = {} }: Settings, name: string): EnvironmentSettings {
  const found = environments[name];
  if (found === undefined) throw new Error(`The settings have no environment "${name}".`);
  return found;
}
