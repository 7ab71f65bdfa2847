import { ConfigurationError, HostError, type SealiftError } from '../model/errors.ts';
import { userLine } from './ssh-config.ts';

/** What is known beside what ssh said on stderr. */
export interface SshLoginContext {
  /** The user's URL. */
  readonly name: string;
  readonly hostname: string;
  /** Of the keys that were offered: `256 SHA256:… deploy (ED25519)`. */
  readonly keys: readonly string[];
  /** `ED25519 SHA256:…` of the host key that an unknown host showed. */
  readonly offeredHostKey: string | undefined;
  /** The rendered ssh_config. */
  readonly config: string;
  /** ssh's exit code: 255 is its own failure, others are the remote command's. */
  readonly exitCode: number | undefined;
}

/** What one kind of line means; the first one that is found anywhere decides, since the cause stands in earlier lines. */
interface Explanation {
  readonly pattern: RegExp;
  readonly explain: (
    groups: Readonly<Record<string, string>>,
    context: SshLoginContext,
    lines: readonly string[],
  ) => string;
  /** Whether it is the user's input that must change. */
  readonly configuration?: true;
}

const EXPLANATIONS: readonly Explanation[] = [
  {
    pattern:
      /line (?<line>\d+): (?<why>.*(?:[Bb]ad|[Uu]nsupported|[Mm]issing|[Gg]arbage|extra arguments|keyword).*)$/,
    configuration: true,
    explain: ({ line, why }, { config }) => {
      const number = userLine(config, Number(line));
      return `ssh-config: ${number === undefined ? '' : `line ${number}: `}${why}. See ssh_config(5).`;
    },
  },
  {
    pattern: /^jumphost loop via (?<jump>\S+)/,
    configuration: true,
    explain: ({ jump }, { name }) =>
      `ssh-config: ProxyJump for ${name} leads from ${jump} to itself. Write "ProxyJump none" in a block "Host ${jump}".`,
  },
  {
    pattern: /key for (?<host>\S+) is marked as revoked/,
    configuration: true,
    explain: ({ host }, { name }) =>
      `known-hosts: the key that ${describeHost(host, name)} shows is marked as @revoked. The connection was not made.`,
  },
  {
    pattern: /^Host key for (?<host>\S+) has changed/,
    configuration: true,
    explain: ({ host }, { name }, lines) => {
      const shown = lines
        .map((line) => /^(?<print>SHA256:[A-Za-z0-9+/=]+)\.?$/.exec(line)?.groups?.['print'])
        .find(Boolean);
      const kind = matchLine(lines, /fingerprint for the (?<kind>\S+) key sent/)?.['kind'] ?? '';
      const line = matchLine(lines, /Offending .* key in .*:(?<line>\d+)$/)?.['line'];
      const known = line === undefined ? '' : ` than line ${line} says`;
      return `known-hosts: ${describeHost(host, name)} shows another host key${known}: ${kind} ${shown ?? 'unknown'}. Either it was set up anew or somebody stands between. Compare with "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" on the server; if it is the same, put the new line from "${keyscanCommand(host)}" in its place.`;
    },
  },
  {
    pattern: /^No (?<kind>\S+) host key is known for (?<host>\S+) and you have requested strict checking/,
    configuration: true,
    explain: ({ kind, host }, { name, offeredHostKey: offered }) => {
      const shown = offered ?? `a key of the type ${kind}`;
      return `known-hosts: no line is for ${describeHost(host, name)}, which shows ${shown}. Compare with "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" on the server; if it is the same, add the line that "${keyscanCommand(host)}" prints. Nothing was trusted.`;
    },
  },
  {
    pattern: /^Host key verification failed/,
    configuration: true,
    explain: (_, { name }) => `known-hosts: the host key of ${name} could not be verified.`,
  },
  {
    pattern: /^(?:(?<user>[^@\s]+)@)?(?<host>\S+?)?:? ?Permission denied(?: \((?<methods>[^)]*)\)|,|\.)/,
    explain: ({ user, host }, context) => {
      const who = user === undefined ? 'the user' : `the user ${user}`;
      const keys = context.keys.length === 0 ? 'no key' : context.keys.map(keyFingerprint).join(' and ');
      return `${jumpHostPrefix(host, context)}the login was refused: ${who} does not accept the key in ssh-key (${keys}). Add its public half to ~/.ssh/authorized_keys of that user on the server, or change the user in hosts.`;
    },
  },
  {
    pattern: /Too many authentication failures/,
    explain: () => 'the login was refused after too many keys. Give only the key of this user in ssh-key.',
  },
  {
    pattern: /Could not resolve hostname (?<host>\S+): (?<why>.*)$/,
    explain: ({ host, why }, context) =>
      `${jumpHostPrefix(host, context)}no address was found for the name ${host} (${why}). Is it spelled right in hosts, and known to the runner's name server?`,
  },
  {
    pattern: /^(?:ssh: )?connect to host (?<host>\S+) port (?<port>\d+): (?<why>.*)$/,
    explain: ({ host, port, why }, context) => {
      const way =
        why === 'Connection refused'
          ? `No SSH server listens on port ${port} there. Is the port in hosts right, and sshd running?`
          : 'Is the server up, and may this runner reach it (firewall, VPN, a ProxyJump in ssh-config)?';
      return `${jumpHostPrefix(host, context)}could not be reached: port ${port} of ${host}: ${why}. ${way}`;
    },
  },
  {
    pattern: /channel 0: open failed: administratively prohibited/,
    explain: () =>
      'the jump host refuses to pass the connection on. It needs AllowTcpForwarding (at least "local") in its sshd_config.',
  },
  {
    pattern: /channel 0: open failed: connect failed: (?<why>.*)$/,
    explain: ({ why }) =>
      `the jump host could not reach it: ${why}. Are host and port in hosts right, as seen from the jump host?`,
  },
  {
    pattern: /Unable to negotiate with (?<host>\S+) port \d+: (?<why>.*)$/,
    explain: ({ why }) =>
      `server and runner have no way to encrypt in common: ${why} The server's OpenSSH is old; update it, or allow its ways with ssh-config.`,
  },
  {
    pattern: /timed out/i,
    explain: () =>
      'the SSH server did not answer in time. Is the server up, and may this runner reach it (firewall, VPN, a ProxyJump in ssh-config)?',
  },
  {
    pattern:
      /kex_exchange_identification|Connection (?:closed|reset) by|Connection to .* closed by remote host|not match SSH|Bad packet length|invalid characters/,
    explain: () =>
      'the connection was closed before the login. Does an SSH server listen on that port, and does it let this runner in (fail2ban, MaxStartups, AllowUsers, a firewall)?',
  },
];

/** Why a login did not come about, from everything that ssh said. */
export function sshLoginError(stderrLines: readonly string[], context: SshLoginContext): SealiftError {
  const lines = stderrLines.filter((line) => !line.startsWith('debug') && line.trim() !== '');
  const options = { evidence: lines.slice(-12) };
  for (const { pattern, explain, configuration } of EXPLANATIONS) {
    const groups = matchLine(lines, pattern);
    if (groups === undefined) continue;
    const message = explain(groups, context, lines);
    return configuration
      ? new ConfigurationError(message, options)
      : new HostError(context.name, message, options);
  }
  if (context.exitCode !== undefined && context.exitCode !== 255) {
    return new HostError(
      context.name,
      `the login worked, but the server does not run a command for this user${lines.length === 0 ? '' : ` ("${lines.at(-1)}")`}. Give the user a shell (usermod --shell /bin/sh USER), and no ForceCommand or command="…" for this key.`,
      options,
    );
  }
  return new HostError(context.name, `ssh failed: ${lines.at(-1) ?? 'it said nothing'}`, options);
}

/** Why a connection that stood has ended. */
export function sshLostError(stderrLines: readonly string[], name: string, how: string): HostError {
  const lines = stderrLines.filter((line) => !line.startsWith('debug') && line.trim() !== '');
  const options = { evidence: lines.slice(-5) };
  if (matchLine(lines, /^Timeout, server .* not responding/) !== undefined) {
    return new HostError(
      name,
      'the SSH connection was lost: the server did not answer for 15 s. Network or server went down.',
      options,
    );
  }
  if (matchLine(lines, /closed by remote host|Connection reset|Broken pipe/) !== undefined) {
    return new HostError(
      name,
      'the SSH connection was lost: the server closed it. Was sshd or the server restarted?',
      options,
    );
  }
  return new HostError(name, `the SSH connection was lost: ssh ${how}.`, options);
}

function matchLine(lines: readonly string[], pattern: RegExp): Readonly<Record<string, string>> | undefined {
  for (const line of lines) {
    const match = pattern.exec(line);
    if (match !== null) return match.groups ?? {};
  }
  return undefined;
}

/** ssh names a host with another port than 22 as `[host]:port`. */
function withoutBrackets(host: string): { readonly hostname: string; readonly port: string | undefined } {
  const groups = /^\[(?<hostname>.*)\]:(?<port>\d+)$/.exec(host)?.groups;
  return { hostname: groups?.['hostname'] ?? host, port: groups?.['port'] };
}

function describeHost(host: string | undefined, name: string): string {
  return host === undefined ? name : `${host} (on the way to ${name})`;
}

function keyscanCommand(host: string | undefined): string {
  const { hostname, port } = withoutBrackets(host ?? 'HOST');
  return port === undefined ? `ssh-keyscan ${hostname}` : `ssh-keyscan -p ${port} ${hostname}`;
}

function jumpHostPrefix(host: string | undefined, { hostname }: SshLoginContext): string {
  return host === undefined || withoutBrackets(host).hostname === hostname
    ? ''
    : `on the way there, at ${host}, `;
}

function keyFingerprint(key: string): string {
  const [, print = key] = key.split(' ');
  return print;
}
