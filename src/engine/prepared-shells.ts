import type { EngineClient } from './client.ts';
import type { ExecOptions, ExecResult } from './engine.ts';
import { execSettings, type StartedExec, startExec } from './started-exec.ts';

/** Milliseconds for which a shell is used. On its way, a connection that is silent for longer may be dropped without a word. */
const SHELL_LIFETIME = 20_000;

interface PreparedShell extends StartedExec {
  /** By `performance.now()`. */
  readonly since: number;
}

/**
 * Shells in containers that wait for a program to run: an exec takes two requests, and the first ones are over when the program is
 * known. A shell reads its program from its stdin, so it ends with the connection, also when this process is killed.
 */
export class PreparedShells implements Disposable {
  readonly #client: EngineClient;
  readonly #waiting = new Map<string, Promise<PreparedShell | undefined>[]>();

  constructor(client: EngineClient) {
    this.#client = client;
  }

  /** Opens one more in the background. A failure is left to the exec that would have used it. */
  prepare(id: string): void {
    const opened = this.#open(id).catch(() => undefined);
    this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), opened]);
  }

  /** @returns `undefined` if no shell waits in the container, or the program needs other settings */
  async start(id: string, argv: readonly string[], options: ExecOptions): Promise<StartedExec | undefined> {
    if (Object.values(execSettings(options)).some((setting) => setting !== undefined)) return undefined;
    const { signal } = options;
    for (;;) {
      signal?.throwIfAborted();
      const opened = this.#waiting.get(id)?.shift();
      const shell = opened && (await openedUnlessAborted(opened, signal));
      if (shell === undefined) return undefined;
      const { socket, since } = shell;
      if (socket.destroyed || performance.now() - since > SHELL_LIFETIME) {
        socket.destroy();
        continue;
      }
      socket.write(`exec ${argv.map(shellWord).join(' ')} </dev/null\n`);
      return { ...shell, output: untilAborted(shell, signal) };
    }
  }

  async #open(id: string): Promise<PreparedShell> {
    const operation = `run "sh" in container ${id}`;
    const spec = { AttachStdin: true, Cmd: ['sh'] };
    const started = await startExec(this.#client, operation, id, spec, undefined);
    started.output.catch(() => undefined);
    return { ...started, since: performance.now() };
  }

  [Symbol.dispose](): void {
    for (const opened of [...this.#waiting.values()].flat())
      void opened.then((shell) => shell?.socket.destroy());
  }
}

/** The shell, or the reason of the signal: then one that opens later is closed. */
function openedUnlessAborted(
  opened: Promise<PreparedShell | undefined>,
  signal: AbortSignal | undefined,
): Promise<PreparedShell | undefined> {
  if (signal === undefined) return opened;
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason);
      void opened.then((shell) => shell?.socket.destroy());
    };
    signal.addEventListener('abort', abort, { once: true });
    void opened.then((shell) => {
      signal.removeEventListener('abort', abort);
      resolve(shell);
    });
  });
}

/** The output, or the reason of the signal. */
async function untilAborted(
  { socket, output }: StartedExec,
  signal: AbortSignal | undefined,
): Promise<Pick<ExecResult, 'stdout' | 'stderr'>> {
  const end = (): void => void socket.destroy();
  signal?.addEventListener('abort', end, { once: true });
  try {
    const printed = await output;
    signal?.throwIfAborted();
    return printed;
  } finally {
    signal?.removeEventListener('abort', end);
  }
}

/** One word of a shell, whatever is in it. */
const shellWord = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
