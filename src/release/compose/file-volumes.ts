import type { ComposeObject } from '../../model/compose-config.ts';
import { asList, asObject, asText, escapeDollars, unescapeDollars } from '../../model/json.ts';
import { fingerprintOf } from '../../run/fingerprint.ts';

/**
 * Volumes with files of the checkout: what a service mounts read-only is a volume that it can't write to. Its name is made of its
 * content, so another content is another volume. Pure.
 */

/** Of such a volume in a Compose config: its files. */
const FILES_KEY = 'x-sealift-files';

/** A file in such a volume. */
export interface VolumeFile {
  readonly path: string;
  readonly content: string;
  /** Octal, as configs have it: `0755`. */
  readonly mode: string;
}

/** @returns its key in the Compose config, and its spec there, in which `$` is doubled as everywhere */
export function fileVolume(
  project: string,
  files: readonly VolumeFile[],
): { readonly key: string; readonly spec: ComposeObject } {
  const key = `files-${fingerprintOf(JSON.stringify(files), 12)}`;
  const escaped = files.map(({ path, content, mode }) => ({
    path: escapeDollars(path),
    content: escapeDollars(content),
    mode,
  }));
  return { key, spec: { name: `${project}-${key}`, [FILES_KEY]: escaped } };
}

/** The files of a volume; none of an ordinary one. */
export const volumeFilesOf = (spec: unknown): readonly VolumeFile[] =>
  asList(asObject(spec)[FILES_KEY]).map((each) => {
    const { path, content, mode } = asObject(each);
    return {
      path: unescapeDollars(asText(path) ?? ''),
      content: unescapeDollars(asText(content) ?? ''),
      mode: asText(mode) ?? '0444',
    };
  });

/** For `docker compose`, which does not need the files. */
export const withoutVolumeFiles = (spec: ComposeObject): ComposeObject => {
  const { [FILES_KEY]: _, ...rest } = spec;
  return rest;
};
