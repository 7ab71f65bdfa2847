import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { progress } from '../patience.ts';
import { parseCommandFile } from './command-files.ts';
import { type Annotation, type LogLine, StepLog } from './log.ts';
import { mask } from './masking.ts';

/** Says whether a line is the one; is shown each line once, in order. */
interface LinePattern {
  test(line: string): boolean;
  toString(): string;
}

/** How a person or the runner ends a step early. */
export interface Interruption {
  /** The line, debug lines among them, at which it happens. */
  readonly when: RegExp | LinePattern;
  /** `cancel` is what the runner does: SIGINT, 7.5 s later SIGTERM, 2.5 s later SIGKILL. */
  readonly how: 'cancel' | NodeJS.Signals | ((pid: number) => void | Promise<void>);
}

export interface StepOptions {
  /** The program that the runner starts, with its arguments. */
  readonly command: readonly [program: string, ...args: string[]];
  readonly cwd: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Where the files of this step go; is made. */
  readonly folder: string;
  /** Shared by the steps of a job. */
  readonly masks: string[];
  readonly interrupt?: Interruption | undefined;
  readonly onLine?: ((line: LogLine) => void) | undefined;
}

/** What a step has done, as the runner has it in the end. */
export interface Step {
  /** `undefined` when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly milliseconds: number;
  /** The most memory that it had, without that of other programs. */
  readonly peakKilobytes: number;
  readonly lines: readonly LogLine[];
  /** All lines but debug ones, masked. */
  readonly log: string;
  /** The debug lines, masked. */
  readonly debug: readonly string[];
  readonly errors: readonly Annotation[];
  readonly warnings: readonly Annotation[];
  readonly notices: readonly Annotation[];
  readonly outputs: Readonly<Record<string, string | undefined>>;
  readonly state: Readonly<Record<string, string>>;
  /** Markdown, masked. */
  readonly summary: string;
  /** What it gave to later steps through GITHUB_ENV and GITHUB_PATH. */
  readonly exported: Readonly<Record<string, string>>;
  readonly addedPaths: readonly string[];
  /** Commands that GitHub has switched off. */
  readonly forbidden: readonly string[];
}

const FILES = ['OUTPUT', 'STATE', 'STEP_SUMMARY', 'ENV', 'PATH'] as const;

/** Runs one entry of an action, or a script, and reads what it left in its files. */
export async function runStep(options: StepOptions): Promise<Step> {
  const { cwd, folder } = options;
  const [program, ...args] = options.command;
  await mkdir(folder, { recursive: true });
  const files = Object.fromEntries(FILES.map((name) => [`GITHUB_${name}`, join(folder, name.toLowerCase())]));
  for (const file of Object.values(files)) await writeFile(file, '');

  const began = performance.now();
  const child = spawn(program, args, {
    cwd,
    env: { ...options.variables, ...files },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const memory = watchMemory(child);
  const stopped = watchFor(options.interrupt, child);
  const log = new StepLog(options.masks, (line) => {
    options.onLine?.(line);
    // A step that says again that it still waits does not go on.
    if (!line.text.startsWith('… ')) progress(line.text);
    stopped.see(line.text);
  });
  // Both streams end only when each program that inherited them has: like the runner, wait for the step alone.
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) =>
      log.take(line),
    );
  }
  const { code, signal } = await ended(child);
  const milliseconds = performance.now() - began;
  const peakKilobytes = memory.end();
  await stopped.done(log);

  const read = (name: string): Promise<string> => readFile(files[`GITHUB_${name}`] ?? '', 'utf8');
  const { error: errors, warning: warnings, notice: notices } = log.annotations;
  return {
    exitCode: code ?? undefined,
    signal: signal ?? undefined,
    milliseconds,
    peakKilobytes,
    lines: log.lines,
    log: log.text,
    debug: log.lines.filter(({ kind }) => kind === 'debug').map(({ text }) => text),
    errors,
    warnings,
    notices,
    outputs: parseCommandFile(await read('OUTPUT')),
    state: parseCommandFile(await read('STATE')),
    summary: mask(await read('STEP_SUMMARY'), options.masks),
    exported: parseCommandFile(await read('ENV')),
    addedPaths: (await read('PATH')).split('\n').filter((line) => line !== ''),
    forbidden: log.forbidden,
  };
}

type Child = ReturnType<typeof spawn>;

/** Looks again and again at the most memory that a process had so far, as the kernel counts it. */
function watchMemory({ pid }: Child): { end(): number } {
  let peak = 0;
  const timer = setInterval(() => {
    readFile(`/proc/${pid}/status`, 'utf8').then(
      (status) => {
        peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
      },
      // It has ended.
      () => undefined,
    );
  }, 100);
  return {
    end() {
      clearInterval(timer);
      return peak;
    },
  };
}

/** Resolves when the process has ended and its streams were read, or 2 s after it if a child of it keeps them open. */
async function ended(child: Child): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
    child.once('exit', (code, signal) => setTimeout(() => resolve({ code, signal }), 2000).unref());
  });
}

/** Ends the process once the line of the interruption was seen. */
function watchFor(
  interrupt: Interruption | undefined,
  child: Child,
): { see(text: string): void; done(log: StepLog): Promise<void> } {
  const timers: NodeJS.Timeout[] = [];
  let acting: Promise<void> | undefined;
  const act = async (how: Interruption['how']): Promise<void> => {
    if (typeof how === 'function') await how(child.pid ?? 0);
    else if (how !== 'cancel') child.kill(how);
    else {
      child.kill('SIGINT');
      timers.push(
        setTimeout(() => child.kill('SIGTERM'), 7500),
        setTimeout(() => child.kill('SIGKILL'), 10_000),
      );
    }
  };
  return {
    see(text) {
      if (interrupt !== undefined && acting === undefined && interrupt.when.test(text))
        acting = act(interrupt.how).catch((error) => {
          // Nobody ends the step any more.
          child.kill('SIGKILL');
          throw error;
        });
    },
    async done(log) {
      for (const timer of timers) clearTimeout(timer);
      await acting;
      if (interrupt !== undefined && acting === undefined) {
        throw new Error(
          `The step ended without a line like ${interrupt.when}, so it was not interrupted:\n${log.text}`,
        );
      }
    },
  };
}
