import { setTimeout as pause } from 'node:timers/promises';
import type { ContainerDetails, Engine } from '../engine/engine.ts';
import { oneLine, shorten } from '../model/plain-text.ts';

/** What a container printed, in one sentence for the error that says how it ended. */

/** Lines that are read of a log. */
const READ_LINES = 200;
/** Characters of a line that an error shows. */
const MAX_LINE = 200;
/** Milliseconds. A log driver can take as long as it likes. */
const READ_TIMEOUT = 3_000;

/** A line that says what went wrong. Frames of a stack and lines of code are indented. */
const ERROR_LINE =
  /^(?=\S).*(?:error|exception|fatal|panic|emerg|cannot|can't|could not|failed|denied|refused|invalid|missing|not found|not set|no such)/i;

/**
 * The first line that a container printed since its last start and, if that does not say what went wrong, the first one that
 * does. Begins with a space. Empty if it printed nothing, or its log can't be read.
 */
export async function printedSentence(
  engine: Pick<Engine, 'containerLogs'>,
  { id, startedAt }: Pick<ContainerDetails, 'id' | 'startedAt'>,
): Promise<string> {
  const [first, ...others] = await readLog(engine, id, startedAt);
  if (first === undefined) return '';
  const telling = ERROR_LINE.test(first) ? undefined : others.find((line) => ERROR_LINE.test(line));
  const then = telling === undefined ? '' : `, then ${quotedLine(telling)}`;
  return ` It printed ${quotedLine(first)}${then}.`;
}

/**
 * The same of a container that had run for a while: the last line that says what went wrong, or the last one of all. After a
 * restart its log goes on with other lines.
 */
export async function lastPrintedSentence(
  engine: Pick<Engine, 'containerLogs'>,
  { id, state }: Pick<ContainerDetails, 'id' | 'state'>,
): Promise<string> {
  const lines = await readLog(engine, id);
  const telling = lines.findLast((line) => ERROR_LINE.test(line));
  const last = telling ?? (state === 'running' ? undefined : lines.at(-1));
  return last === undefined ? '' : ` It printed ${quotedLine(last)}.`;
}

const quotedLine = (line: string): string => `"${shorten(oneLine(line), MAX_LINE)}"`;

/** The lines that are not blank. */
async function readLog(
  engine: Pick<Engine, 'containerLogs'>,
  id: string,
  since?: string,
): Promise<readonly string[]> {
  const read = async (): Promise<readonly string[]> => {
    const lines = await engine.containerLogs(id, READ_LINES, since);
    return lines.filter((line) => oneLine(line) !== '');
  };
  return Promise.race([read().catch(() => []), pause(READ_TIMEOUT, [], { ref: false })]);
}
