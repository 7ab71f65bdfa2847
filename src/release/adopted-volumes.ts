import { type AppEnvironment, baseProject } from '../model/app-environment.ts';
import type { ComposeConfig } from '../model/compose-config.ts';
import { asObject, asText, mapValues } from '../model/json.ts';

/** A split Compose file whose volumes keep the names that they had before Sealift. */
export interface WithAdoptedVolumes {
  readonly compose: ComposeConfig;
  readonly base: ComposeConfig;
  readonly adopted: Readonly<Record<string, string>>;
}

/**
 * Gives volumes other names, by their key. A volume that the Compose file names itself, or has no longer, is left out. Pure.
 */
export function withAdoptedVolumes<Split extends Omit<WithAdoptedVolumes, 'adopted'> & AppEnvironment>(
  split: Split,
  names: Readonly<Record<string, string>>,
): Split & Partial<WithAdoptedVolumes> {
  const adopted = Object.fromEntries(
    Object.entries(names).filter(
      ([key]) => asText(asObject(split.base.volumes?.[key])['name']) === `${baseProject(split)}_${key}`,
    ),
  );
  if (Object.keys(adopted).length === 0) return split;
  const renamed = (config: ComposeConfig): ComposeConfig => ({
    ...config,
    volumes: mapValues(config.volumes ?? {}, (spec, key) =>
      adopted[key] === undefined ? spec : { ...spec, name: adopted[key] },
    ),
  });
  return { ...split, compose: renamed(split.compose), base: renamed(split.base), adopted };
}
