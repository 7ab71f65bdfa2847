import { CommandError } from '../model/errors.ts';
import type { StepContext } from '../model/step-context.ts';

/** What ssh makes of its configuration for one host. */
export interface SshSettings {
  /** The names under which ssh speaks of the host in its messages. */
  readonly names: readonly string[];
  /** Whether the connection leads through another host. */
  readonly jumps: boolean;
  /** The user's own command that leads to the host, without its values. */
  readonly proxyCommand: string | undefined;
  /** The machine that sees the login first, as `host:port`, or the ProxyCommand: logins of several hosts may share it. */
  readonly firstHop: string;
}

export interface SshTarget {
  readonly user?: string | undefined;
  readonly hostname: string;
  readonly port?: number | undefined;
}

/** Without lines of the user, ssh goes straight to the host, by the name in `hosts`. */
export function plainSettings({ hostname, port = 22 }: SshTarget): SshSettings {
  return { names: [hostname], jumps: false, proxyCommand: undefined, firstHop: `${hostname}:${port}` };
}

/** A chain of jump hosts that is longer than this leads in a circle, which ssh itself will say. */
const MOST_JUMPS = 8;

/**
 * Asks ssh for the settings of a host. A configuration that ssh can't read gives those of a plain host; the login then says
 * what is wrong.
 */
export async function readSshSettings(
  target: SshTarget,
  configFile: string,
  environment: Readonly<Record<string, string>>,
  { run }: Pick<StepContext, 'run'>,
): Promise<SshSettings> {
  const ask = async (of: SshTarget): Promise<ReadonlyMap<string, string>> => {
    try {
      const { stdout } = await run('ssh', ['-G', '-F', configFile, ...hostArguments(of)], {
        env: environment,
      });
      return parseSettings(stdout);
    } catch (error) {
      if (error instanceof CommandError) return new Map();
      throw error;
    }
  };
  const settings = await ask(target);
  return {
    names: [target.hostname, settings.get('hostname'), settings.get('hostkeyalias')].filter(
      (name) => name !== undefined,
    ),
    jumps: settings.has('proxyjump'),
    proxyCommand: settings.get('proxycommand'),
    firstHop: await firstHop(target, settings, ask),
  };
}

async function firstHop(
  target: SshTarget,
  settings: ReadonlyMap<string, string>,
  ask: (of: SshTarget) => Promise<ReadonlyMap<string, string>>,
): Promise<string> {
  let [host, known] = [target, settings];
  for (let jumps = 0; jumps < MOST_JUMPS; jumps += 1) {
    // ssh goes to the first host of the list first, and to that by its own settings.
    const jump = known.get('proxyjump')?.split(',')[0];
    if (jump === undefined) break;
    host = parseJump(jump);
    known = await ask(host);
  }
  const port = known.get('port') ?? host.port ?? 22;
  return known.get('proxycommand') ?? `${known.get('hostname') ?? host.hostname}:${port}`;
}

/** `ssh -G` prints keyword and value; of several values of a keyword only the first is kept. */
function parseSettings(text: string): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [keyword = '', ...words] = line.split(' ');
    const value = words.join(' ');
    if (value !== '' && value !== 'none' && !settings.has(keyword)) settings.set(keyword, value);
  }
  return settings;
}

/** `user@host:port`, `ssh://user@[address]:port`. */
function parseJump(text: string): SshTarget {
  const { user, bracketed, host, port } =
    /^(?:ssh:\/\/)?(?:(?<user>.*)@)?(?:\[(?<bracketed>[^\]]*)\]|(?<host>[^:]*))(?::(?<port>\d+))?\/?$/.exec(
      text,
    )?.groups ?? {};
  return { user, hostname: bracketed ?? host ?? text, port: port === undefined ? undefined : Number(port) };
}

/** ssh's arguments for a host, the last ones before the command. */
export function hostArguments({ user, hostname, port }: SshTarget): readonly string[] {
  const login = user === undefined ? [] : ['-l', user];
  return [...login, ...(port === undefined ? [] : ['-p', String(port)]), '--', hostname];
}

/**
 * The key that an unknown host showed, as `ssh-ed25519 SHA256:…`. ssh prints it only in verbose mode, so it tries once more.
 *
 * @param stderrLines of the login that was refused; `undefined` if it was refused for another reason
 * @param login ssh's arguments for it
 */
export async function findOfferedHostKey(
  stderrLines: readonly string[],
  login: readonly string[],
  environment: Readonly<Record<string, string>>,
  { run }: Pick<StepContext, 'run'>,
): Promise<string | undefined> {
  if (!stderrLines.some((line) => /^No \S+ host key is known for/.test(line))) return undefined;
  const { stderr } = await run('ssh', ['-v', ...login, 'true'], {
    env: environment,
    allowedExitCodes: Array.from({ length: 256 }, (_, code) => code),
  });
  // With a jump host there are two; the last one was refused.
  return [...stderr.matchAll(/Server host key: (?<key>\S+ SHA256:\S+)/g)].at(-1)?.groups?.['key'];
}
