import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';
import { ARCHIVE_FILE } from './archive-files.ts';
import { type ArchiveRecord, parseArchiveRecord } from './archive-record.ts';
import { readArchivedText } from './read-archived-text.ts';

interface EarlierRelease {
  readonly app: string;
  readonly environment: string;
  /** The input `since`. */
  readonly since: string | undefined;
  /** Where archives are. */
  readonly path: string;
}

/** The name of the document beside an archive. */
export const archiveRecordName = ({
  app,
  release,
}: Pick<ArchiveRecord, 'app'> & { readonly release: string }): string => `${app}-${release}.sealift.json`;

/**
 * What the earlier archive of `since` has: by its id, from the folder of archives, or from a path.
 * @throws ConfigurationError if there is none, or it is of another app
 */
export async function findEarlierRecord(asked: EarlierRelease): Promise<ArchiveRecord | undefined> {
  const { app, environment, since, path } = asked;
  if (since === undefined) return undefined;
  const files = [
    ...(/[/.]/.test(since) ? [since] : []),
    join(path, archiveRecordName({ app, release: since })),
    join(path, `${app}-${since}.sealift.tar`),
  ];
  for (const file of files) {
    const text = file.endsWith('.tar')
      ? await readArchivedText(file, ARCHIVE_FILE.record)
      : await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const record = parseArchiveRecord(text);
    if (record === undefined || 'format' in record)
      throw new ConfigurationError(
        `since: "${file}" does not say what an archive has. Name the file that was written beside it, ${archiveRecordName({ app, release: 'RELEASE' })}, or the archive itself.`,
      );
    if (record.app !== app || record.environment !== environment)
      throw new ConfigurationError(
        `since: "${file}" is of ${record.app} for ${record.environment}, and this is ${app} for ${environment}. Name an archive of the same app and environment.`,
      );
    return record;
  }
  throw new ConfigurationError(
    `since: "${since}" is not known here: there is no ${files.join(' and no ')}. Keep the file that is written beside each archive, or leave "${inputRef('since')}" empty to export everything.`,
  );
}
