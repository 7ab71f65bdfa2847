import { ConfigurationError } from '../model/errors.ts';

/**
 * The form in which records are written on hosts and in clusters. It grows when an older Sealift would misread what this one writes: then it
 * refuses, and changes nothing. What was written in an earlier form must be read: __tests__/fixtures/state has real state of each.
 */
export const RECORD_FORMAT = 1;

/** Records that a newer Sealift has written. @param where the host or the cluster */
export const newerFormatError = (where: string, format: number): ConfigurationError =>
  new ConfigurationError(
    `${where}: the records of this app were written by a newer Sealift (format ${format}; this one knows ${RECORD_FORMAT}). Use that version or a newer one, in every workflow that changes this environment.`,
  );
