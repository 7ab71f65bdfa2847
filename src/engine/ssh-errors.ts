import { ConfigurationError, HostError, type SealiftError } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';
import { userLine } from './ssh-config.ts';

/** What is known about a login beside ssh's stderr. */
export interface SshLoginContext {
  /** The user's URL. */
  readonly name: HostName;
  readonly hostname: string;
  /** The keys that were offered: `256 SHA256:… deploy (ED25519)`. */
  readonly keys: readonly string[];
  /** `ED25519 SHA256:…`: the host key that an unknown host showed. */
  readonly offeredHostKey: string | undefined;
  /** The rendered ssh_config. */
  readonly config: string;
  /** Of ssh: 255 is a failure of ssh itself, others are those of the remote command. */
  readonly exitCode: number | undefined;
}

type Groups = Readonly<Record<string, string>>;

/** What a line of ssh's stderr means. The first pattern that matches any line decides: earlier lines hold the cause. */
interface Explanation {
  readonly pattern: RegExp;
  readonly explain: (groups: Groups, context: SshLoginContext, lines: readonly string[]) => string;
}

const UNREACHABLE_ADVICE =
  'Is the server up? Can this runner reach it (firewall, VPN, a ProxyJump in "ssh-config")?';
const COMPARE_ADVICE =
  'Compare this key with the output of "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" on that server. If they are the same,';

/** Failures that an input causes, in this order before the others. */
const INPUT_FAILURES: readonly Explanation[] = [
  {
    pattern:
      /line (?<line>\d+): (?<why>.*(?:[Bb]ad|[Uu]nsupported|[Mm]issing|[Gg]arbage|extra arguments|keyword).*)$/,
    explain: ({ line, why }, { config }) => {
      const number = userLine(config, Number(line));
      return `ssh-config: ${number === undefined ? '' : `line ${number}: `}${why}. See ssh_config(5).`;
    },
  },
  {
    pattern: /^jumphost loop via (?<jump>\S+)/,
    explain: ({ jump }, { name }) =>
      `ssh-config: the ProxyJump for ${name} also applies to the jump host ${jump} itself. Add a block "Host ${jump}" with "ProxyJump none".`,
  },
  {
    pattern: /key for (?<host>\S+) is marked as revoked/,
    explain: ({ host }, context) =>
      `known-hosts: the key that ${describeHost(host, context)} presents is marked as @revoked. Sealift did not connect.`,
  },
  {
    pattern: /^Host key for (?<host>\S+) has changed/,
    explain: ({ host }, context, lines) => {
      const shown = matchLine(lines, /^(?<print>SHA256:[A-Za-z0-9+/=]+)\.?$/)?.['print'] ?? 'unknown';
      const kind = matchLine(lines, /fingerprint for the (?<kind>\S+) key sent/)?.['kind'] ?? '';
      const line = matchLine(lines, /Offending .* key in .*:(?<line>\d+)$/)?.['line'];
      const known = line === undefined ? '' : ` than line ${line} says`;
      return `known-hosts: ${describeHost(host, context)} presents another host key${known}: ${kind} ${shown}. Either the server was set up again, or somebody intercepts the connection. ${COMPARE_ADVICE} replace the line with the new one from "${keyscanCommand(host)}".`;
    },
  },
  {
    pattern: /^No (?<kind>\S+) host key is known for (?<host>\S+) and you have requested strict checking/,
    explain: ({ kind, host }, context) => {
      const shown = context.offeredHostKey ?? `a key of the type ${kind}`;
      return `known-hosts: no line is for ${describeHost(host, context)}, which presents ${shown}. ${COMPARE_ADVICE} add the line that "${keyscanCommand(host)}" prints. Sealift did not trust the key and did not connect.`;
    },
  },
  {
    pattern: /^Host key verification failed/,
    explain: (_, { name }) =>
      `known-hosts: the host key of ${name} could not be verified. ssh's own words are below; compare the lines of this host with the output of "ssh-keyscan HOST".`,
  },
];

const HOST_FAILURES: readonly Explanation[] = [
  {
    pattern: /^(?:(?<user>[^@\s]+)@)?(?<host>\S+?)?:? ?Permission denied(?: \((?<methods>[^)]*)\)|,|\.)/,
    explain: ({ user, host }, context) => {
      const account = user === undefined ? 'the user' : `the user ${user}`;
      const keys = context.keys.map((key) => key.split(' ')[1] ?? key).join(' and ') || 'no key';
      return `${jumpHostPrefix(host, context)}the login was refused: ${account} does not accept the key in "ssh-key" (${keys}). Add its public key to ~/.ssh/authorized_keys of that user on the server, or change the user in ${inputWith(host, context)}.`;
    },
  },
  {
    pattern: /Too many authentication failures/,
    explain: () => 'the login was refused after too many keys. Set only the key of this user in "ssh-key".',
  },
  {
    pattern: /Could not resolve hostname (?<host>\S+): (?<why>.*)$/,
    explain: ({ host, why }, context) =>
      `${jumpHostPrefix(host, context)}no address was found for the name ${host} (${why}). Is it spelled correctly in ${inputWith(host, context)}? Does the runner's DNS know it?`,
  },
  {
    pattern: /^(?:ssh: )?connect to host (?<host>\S+) port (?<port>\d+): (?<why>.*)$/,
    explain: ({ host, port, why }, context) => {
      const advice =
        why === 'Connection refused'
          ? `No SSH server listens on port ${port} there. Is the port in ${inputWith(host, context)} right? Is sshd running?`
          : UNREACHABLE_ADVICE;
      return `${jumpHostPrefix(host, context)}could not be reached: port ${port} of ${host}: ${why}. ${advice}`;
    },
  },
  {
    pattern: /channel 0: open failed: administratively prohibited/,
    explain: () =>
      'the jump host refuses to forward the connection. Set AllowTcpForwarding in its sshd_config to "yes" or "local".',
  },
  {
    pattern: /channel 0: open failed: connect failed: (?<why>.*)$/,
    explain: ({ why }) =>
      `the jump host could not reach it: ${why}. Are host and port in "hosts" right, as seen from the jump host?`,
  },
  {
    pattern: /Unable to negotiate with (?<host>\S+) port \d+: (?<why>.*)$/,
    explain: ({ why }) =>
      `the server and the runner have no SSH algorithm in common (${why}). The server's OpenSSH is old: update it, or allow its algorithms in "ssh-config".`,
  },
  {
    pattern: /timed out/i,
    explain: () => `the SSH server did not answer in time. ${UNREACHABLE_ADVICE}`,
  },
  {
    pattern:
      /kex_exchange_identification|Connection (?:closed|reset) by|Connection to .* closed by remote host|not match SSH|Bad packet length|invalid characters/,
    explain: () =>
      'the connection was closed before the login. Does an SSH server listen on that port? Does it accept connections from this runner (fail2ban, MaxStartups, AllowUsers, a firewall)?',
  },
];

/** Why a login failed, from all that ssh printed. A ConfigurationError if an input must change. */
export function sshLoginError(stderrLines: readonly string[], context: SshLoginContext): SealiftError {
  const lines = withoutDebug(stderrLines);
  const options = { evidence: lines.slice(-12) };
  const explanationIn = (failures: readonly Explanation[]): string | undefined => {
    for (const { pattern, explain } of failures) {
      const groups = matchLine(lines, pattern);
      if (groups !== undefined) return explain(groups, context, lines);
    }
    return undefined;
  };
  const inputFailure = explanationIn(INPUT_FAILURES);
  if (inputFailure !== undefined) return new ConfigurationError(inputFailure, options);
  return new HostError(context.name, explanationIn(HOST_FAILURES) ?? unknownFailure(lines, context), options);
}

function unknownFailure(lines: readonly string[], { exitCode }: SshLoginContext): string {
  const last = lines.at(-1);
  if (exitCode === undefined || exitCode === 255) return `ssh failed: ${last ?? 'it printed nothing'}`;
  const printed = last === undefined ? '' : ` ("${last}")`;
  return `the login worked, but the server does not run a command for this user${printed}. Give the user a shell (usermod --shell /bin/sh USER), and set no ForceCommand or command="…" for this key.`;
}

/**
 * Why an open connection has ended.
 * @param end of ssh itself, in words that follow "ssh": `ended with exit code 255`
 */
export function sshLostError(stderrLines: readonly string[], name: HostName, end: string): HostError {
  const lines = withoutDebug(stderrLines);
  const reason =
    matchLine(lines, /^Timeout, server .* not responding/) !== undefined
      ? 'the server did not answer for 15 s. The network or the server is down.'
      : matchLine(lines, /closed by remote host|Connection reset|Broken pipe/) !== undefined
        ? 'the server closed it. Was sshd or the server restarted?'
        : `ssh ${end}.`;
  return new HostError(name, `the SSH connection was lost: ${reason}`, { evidence: lines.slice(-5) });
}

function withoutDebug(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => !line.startsWith('debug') && line.trim() !== '');
}

function matchLine(lines: readonly string[], pattern: RegExp): Groups | undefined {
  const match = lines.map((line) => pattern.exec(line)).find((each) => each !== null);
  return match && (match.groups ?? {});
}

/** ssh writes a host with another port than 22 as `[host]:port`. */
const HOST_WITH_PORT = /^\[(.*)\]:(\d+)$/;

const isJumpHost = (host: string | undefined, { hostname }: SshLoginContext): boolean =>
  host !== undefined && host.replace(HOST_WITH_PORT, '$1') !== hostname;

function describeHost(host = '', context: SshLoginContext): string {
  return `${host} (${isJumpHost(host, context) ? 'jump host of ' : ''}${context.name})`;
}

/** The input that names the host, its user and its port. */
function inputWith(host: string | undefined, context: SshLoginContext): string {
  return isJumpHost(host, context) ? '"ssh-config"' : '"hosts"';
}

function jumpHostPrefix(host: string | undefined, context: SshLoginContext): string {
  return isJumpHost(host, context) ? `jump host ${host}: ` : '';
}

function keyscanCommand(host = 'HOST'): string {
  const [, hostname = host, port] = HOST_WITH_PORT.exec(host) ?? [];
  return `ssh-keyscan ${port === undefined ? '' : `-p ${port} `}${hostname}`;
}
