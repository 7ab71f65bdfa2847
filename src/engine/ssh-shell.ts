import { plainText } from '../model/plain-text.ts';
import { ENGINE_ANSWER, ENGINE_GREETING, MarkerSearch, makeShellMarker } from './marker.ts';
import { type SshMaster, type SshMasterOptions, startSshMaster } from './ssh-master.ts';

/** What became of a login that was to run our command. */
export type ShellOutcome =
  /** The command runs. */
  | 'runs'
  /** In its place runs `docker system dial-stdio`, which the key or sshd forces. */
  | 'engine'
  /** ssh ended before or after the login. */
  | 'ended'
  /** The login worked, but neither came. */
  | 'silent'
  /** No login, and no end. */
  | 'no login';

export interface ShellLogin extends SshMaster {
  readonly outcome: Promise<ShellOutcome>;
  /** Lines that the server printed in place of our command, without control characters; the last ones. */
  printed(): readonly string[];
}

/** Milliseconds. */
export const SHELL_LIMITS = {
  /** For the login, including jump hosts. Each step also has ssh's own ConnectTimeout. */
  login: 60_000,
  /** From the login to our command: start-up files of the shell may take some of it. */
  shell: 20_000,
  /** From the login to the question whether an engine is there in place of a shell. A shell's own start takes less. */
  greeting: 1_000,
} as const;

/**
 * Logs in with a command that reports that it runs, and then lives exactly as long as its stdin, which this process holds.
 * @param args of ssh, up to and including the host
 */
export function startShellLogin(
  args: readonly string[],
  options: Omit<SshMasterOptions, 'command'>,
): ShellLogin {
  const marker = makeShellMarker();
  const command = `${marker.command}; exec cat >/dev/null`;
  const master = startSshMaster(args, { ...options, command });
  const shell = new MarkerSearch(marker.pattern);
  const engine = new MarkerSearch(ENGINE_ANSWER);
  const timers = new Set<NodeJS.Timeout>();
  const outcome = new Promise<ShellOutcome>((resolve, reject) => {
    const after = (milliseconds: number, action: () => void) => timers.add(setTimeout(action, milliseconds));
    master.stdout.on('data', (chunk: Buffer) => {
      if (shell.push(chunk) !== undefined) resolve('runs');
      else if (engine.push(chunk) !== undefined) resolve('engine');
    });
    after(SHELL_LIMITS.login, () => resolve('no login'));
    master.loggedIn.then((worked) => {
      if (!worked) return;
      clearAll(timers);
      // Our own command throws it away.
      after(SHELL_LIMITS.greeting, () => master.stdin.write(ENGINE_GREETING));
      after(SHELL_LIMITS.shell, () => resolve('silent'));
    }, reject);
    void master.ended.then(() => resolve('ended'));
  }).finally(() => clearAll(timers));
  const printed = () =>
    plainText(shell.textBefore)
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !/^sealift-[0-9a-f]{16}$/.test(line))
      .slice(-PRINTED_LINES);
  return { ...master, outcome, printed };
}

const PRINTED_LINES = 8;

function clearAll(timers: Set<NodeJS.Timeout>): void {
  for (const timer of timers) clearTimeout(timer);
  timers.clear();
}
