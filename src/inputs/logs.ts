import { parseDuration } from '../model/duration.ts';
import { ConfigurationError } from '../model/errors.ts';
import { isReleaseId } from '../model/identifiers.ts';
import type { LogsRequest, LogsSince } from '../model/request.ts';
import type { Inputs } from './reader.ts';

/** As `docker compose logs` reads a time with its zone (RFC 3339). */
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/** Whose output is printed, and how much of it. */
export function readLogsOptions(
  inputs: Inputs,
): Pick<LogsRequest, 'release' | 'services' | 'tail' | 'since' | 'follow'> {
  const release = inputs.text('release');
  if (release !== undefined && !isReleaseId(release))
    throw new ConfigurationError(
      `release: "${release}" can't be the id of a release. Write one as "sealift status" shows it, such as 1a2b3c4d.`,
    );
  const services = inputs.lines('services').flatMap((line) => line.split(',').map((name) => name.trim()));
  return {
    release,
    services: [...new Set(services.filter((name) => name !== ''))],
    tail: inputs.text('tail') === 'all' ? undefined : inputs.integer('tail', 0),
    since: readSince(inputs.text('since')),
    follow: inputs.flag('follow'),
  };
}

function readSince(text: string | undefined): LogsSince | undefined {
  if (text === undefined) return undefined;
  const ago = parseDuration(text);
  if (ago !== undefined) return { ago };
  const at = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return { at };
  throw new ConfigurationError(
    `since: "${text}" is neither a duration nor a time. Write 10m, or a time with its zone: 2026-01-31T12:00:00Z.`,
  );
}
