import { stripVTControlCharacters } from 'node:util';
import { plainText } from '../model/plain-text.ts';
import type { FailureAnnotation } from '../report/annotations.ts';
import { reportJson } from '../report/outputs.ts';
import type { Reporter } from '../report/reporter.ts';

export interface TerminalOptions {
  /** Where lines go. */
  readonly out: NodeJS.WritableStream & { readonly columns?: number };
  /** Where the report goes as JSON; `undefined`: nowhere. */
  readonly json: NodeJS.WritableStream | undefined;
  /** Colours, and a line that shows what is going on. */
  readonly isTerminal: boolean;
  readonly verbose: boolean;
}

/** Whether a stream may get colours and a line that moves: a terminal that can show them, of somebody who wants them (no-color.org). */
export const isLiveTerminal = (
  { isTTY = false }: { readonly isTTY?: boolean },
  { NO_COLOR = '', TERM }: Readonly<Record<string, string | undefined>>,
): boolean => isTTY && NO_COLOR === '' && TERM !== 'dumb';

const STYLES = { bold: '1', dim: '2', red: '31', yellow: '33', cyan: '36' } as const;
/** Milliseconds. */
const FRAME = 120;
const FRAMES = [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'];
const CLEAR_LINE = '\r\u001b[2K';

/** A terminal, or a file: lines that are indented below the title of their group. Output of a program has no effect on the terminal. */
export function terminalReporter({ out, json, isTerminal, verbose }: TerminalOptions): Reporter {
  const secrets = new Set<string>();
  const groups: { readonly title: string; readonly since: number }[] = [];
  let frame = 0;
  let timer: NodeJS.Timeout | undefined;

  const hidden = (text: string): string => {
    let result = text;
    for (const secret of secrets) result = result.replaceAll(secret, '***');
    return result;
  };
  const styled = (text: string, style: keyof typeof STYLES): string =>
    isTerminal ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text;
  const write = (line: string): void => {
    out.write(`${isTerminal && timer !== undefined ? CLEAR_LINE : ''}${line}\n`);
  };
  const print = (text: string, style?: keyof typeof STYLES, label = ''): void => {
    const indent = groups.length === 0 ? '' : '  ';
    for (const line of hidden(plainText(text)).split('\n')) {
      const whole = `${indent}${label}${line}`;
      write(style === undefined ? whole : styled(whole, style));
    }
  };
  const animate = (): void => {
    const current = groups.at(-1);
    if (current === undefined) return;
    frame += 1;
    const seconds = Math.floor((performance.now() - current.since) / 1000);
    const title = hidden(stripVTControlCharacters(current.title)).replaceAll(/\s+/g, ' ');
    // A longer one would go on in the next row, which is not cleared.
    const text = `${FRAMES[frame % FRAMES.length]} ${title.slice(0, (out.columns ?? 80) - 12)} ${seconds} s`;
    out.write(`${CLEAR_LINE}${styled(text, 'dim')}`);
  };
  const showProgress = (): void => {
    if (!isTerminal) return;
    if (groups.length > 0) timer ??= setInterval(animate, FRAME).unref();
    else if (timer !== undefined) {
      clearInterval(timer);
      timer = undefined;
      out.write(CLEAR_LINE);
    }
  };
  const place = ({ file, startLine }: FailureAnnotation): string =>
    file === undefined ? '' : ` (${file}${startLine === undefined ? '' : `:${startLine}`})`;

  return {
    info: (line) => print(line),
    notice: (line) => print(line, 'cyan', 'note: '),
    warning: (line) => print(line, 'yellow', 'warning: '),
    debug: (line) => {
      if (verbose) print(line, 'dim');
    },
    closesGroups: false,
    startGroup(title) {
      print(title, 'bold');
      groups.push({ title, since: performance.now() });
      showProgress();
    },
    endGroup() {
      groups.pop();
      showProgress();
    },
    error: (annotation) => print(`${annotation.message}${place(annotation)}`, 'red', 'error: '),
    mask: (secret) => secrets.add(secret),
    saveState: () => undefined,
    async publish(report) {
      if (json !== undefined) json.write(`${hidden(reportJson(report))}\n`);
    },
  };
}
