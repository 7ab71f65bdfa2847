import type { HostName } from '../model/identifiers.ts';
import { inputRef } from '../model/input-ref.ts';
import { byPlace, theRunner, thisRunner } from '../model/place-words.ts';
import { oneLine, shorten } from '../model/plain-text.ts';
import type { SshCertificateDetails } from './ssh-certificates.ts';
import { userLine } from './ssh-config.ts';
import type { SshSettings } from './ssh-settings.ts';

/** What is known about a login beside ssh's stderr. */
export interface SshLoginContext {
  /** The user's URL. */
  readonly name: HostName;
  readonly settings: SshSettings;
  /** The keys that were offered: `256 SHA256:… deploy (ED25519)`. */
  readonly keys: readonly string[];
  /** Whether the keys are those of the user at a terminal, not of an input. */
  readonly userKeys?: boolean;
  /** The same of the host keys. */
  readonly userKnownHosts?: boolean;
  readonly certificates: readonly SshCertificateDetails[];
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
  /** `undefined` if this is not the cause. */
  readonly explain: (
    groups: Groups,
    context: SshLoginContext,
    lines: readonly string[],
  ) => string | undefined;
  /** Whether the same login may succeed a moment later. */
  readonly mayPass?: true;
}

const unreachableAdvice = (): string =>
  `Is the server up? Can ${thisRunner()} reach it (firewall, VPN, a ProxyJump in "${inputRef('ssh-config')}")?`;
const COMPARE_ADVICE =
  'Compare this key with the output of "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" on that server. If they are the same,';

/** Where the host keys are that ssh believes: those of a person may be in several files. */
const knownHostsName = ({ userKnownHosts }: SshLoginContext): string =>
  userKnownHosts === true ? 'known_hosts of your ssh' : 'known-hosts';

/** Failures that an input causes, in this order before the others. */
export const INPUT_FAILURES: readonly Explanation[] = [
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
      `${knownHostsName(context)}: the key that ${describeHost(host, context)} presents is marked as @revoked. Sealift did not connect.`,
  },
  {
    pattern: /^Host key for (?<host>\S+) has changed/,
    explain: ({ host }, context, lines) => {
      const shown = matchLine(lines, /^(?<print>SHA256:[A-Za-z0-9+/=]+)\.?$/)?.['print'] ?? 'unknown';
      const kind = matchLine(lines, /fingerprint for the (?<kind>\S+) key sent/)?.['kind'] ?? '';
      const found = matchLine(lines, /Offending .* key in (?<file>.*):(?<line>\d+)$/);
      const place = context.userKnownHosts === true ? ` of ${found?.['file']}` : '';
      const known = found === undefined ? '' : ` than line ${found['line']}${place} says`;
      return `${knownHostsName(context)}: ${describeHost(host, context)} presents another host key${known}: ${kind} ${shown}. Either the server was set up again, or somebody intercepts the connection. ${COMPARE_ADVICE} replace the line with the new one from "${keyscanCommand(host)}".`;
    },
  },
  {
    pattern: /^No (?<kind>\S+) host key is known for (?<host>\S+) and you have requested strict checking/,
    explain: ({ kind, host }, context) => {
      const shown = context.offeredHostKey ?? `a key of the type ${kind}`;
      return `${knownHostsName(context)}: no line is for ${describeHost(host, context)}, which presents ${shown}. ${COMPARE_ADVICE} add the line that "${keyscanCommand(host)}" prints. Sealift did not trust the key and did not connect.`;
    },
  },
  {
    pattern: /^Host key verification failed/,
    explain: (_, context) =>
      `${knownHostsName(context)}: the host key of ${context.name} could not be verified. ssh's own words are below; compare the lines of this host with the output of "ssh-keyscan HOST".`,
  },
];

function describeKeys({ keys, userKeys }: SshLoginContext): string {
  const names = keys.map((key) => key.split(' ')[1] ?? key).join(' and ');
  return userKeys === true
    ? `any key of your ssh agent (${names || 'it has none'}) or in ~/.ssh`
    : `the key in "${inputRef('ssh-key')}" (${names || 'no key'})`;
}

const CLOSED_BEFORE_LOGIN =
  /kex_exchange_identification|Connection (?:closed|reset) by|Connection to .* closed by remote host|banner exchange: .*: (?:Broken pipe|Connection reset by peer)|not match SSH|Bad packet length|invalid characters/;

/** What ssh itself says. All else comes from a ProxyCommand, or from the server. */
export const WORDS_OF_SSH =
  /^(?:ssh: |ssh_|kex_|banner |debug|OpenSSH_|Warning: |Authenticated |Authentications |Transferred: |Bytes per second: |Connection |Disconnected |Received disconnect|Permission denied|Killed by signal|client_loop|stdio forwarding|channel \d+:|mux_)/;

export const HOST_FAILURES: readonly Explanation[] = [
  {
    pattern: /^(?:(?<user>[^@\s]+)@)?(?<host>\S+?)?:? ?Permission denied(?: \((?<methods>[^)]*)\)|,|\.)/,
    explain: ({ user, host, methods }, context, lines) => {
      const account = user === undefined ? 'the user' : `the user ${user}`;
      const refused = `${jumpHostPrefix(host, context)}the login was refused: `;
      const keys = describeKeys(context);
      if (wasKeyAccepted(lines)) {
        return `${refused}${account} accepts ${keys}, but the server asks for more after it (${methods ?? 'a second factor'}), and nobody can answer here. Use a user who logs in with the key alone; in sshd_config: "Match User ${user ?? 'USER'}", and below it "AuthenticationMethods publickey".`;
      }
      const [certificate] = context.certificates;
      if (certificate !== undefined) {
        return `${refused}${account} accepts neither ${keys} nor its certificate ${describeCertificate(certificate)}. Does sshd there trust the authority ${certificate.authority} (TrustedUserCAKeys), and is ${user ?? 'the user'} one of its principals? Or change the user in ${inputWith(host, context)}.`;
      }
      return `${refused}${account} does not accept ${keys}. Add its public key to ~/.ssh/authorized_keys of that user on the server, or change the user in ${inputWith(host, context)}.`;
    },
  },
  {
    pattern: /Too many authentication failures/,
    explain: () =>
      `the login was refused after too many keys. Set only the key of this user in "${inputRef('ssh-key')}".`,
  },
  {
    pattern: /Could not resolve hostname (?<host>\S+): (?<why>.*)$/,
    explain: ({ host, why }, context) =>
      `${jumpHostPrefix(host, context)}no address was found for the name ${host} (${why}). Is it spelled correctly in ${inputWith(host, context)}? Does the DNS of ${thisRunner()} know it?`,
  },
  {
    pattern: /^(?:ssh: )?connect to host (?<host>\S+) port (?<port>\d+): (?<why>.*)$/,
    explain: ({ host, port, why }, context) => {
      const advice =
        why === 'Connection refused'
          ? `No SSH server listens on port ${port} there. Is the port in ${inputWith(host, context)} right? Is sshd running?`
          : unreachableAdvice();
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
      `the jump host could not reach it: ${why}. Are host and port in "${inputRef('hosts')}" right, as seen from the jump host?`,
  },
  {
    pattern: /Unable to negotiate with (?<host>\S+) port \d+: (?<why>.*)$/,
    explain: ({ why }) =>
      `the server and ${theRunner()} have no SSH algorithm in common (${why}). The server's OpenSSH is old: update it, or allow its algorithms in "${inputRef('ssh-config')}".`,
  },
  {
    pattern: new RegExp(`timed out|${CLOSED_BEFORE_LOGIN.source}`, 'i'),
    explain: (_, { settings }, lines) => {
      if (settings.proxyCommand === undefined) return undefined;
      const words = lines.filter((line) => !WORDS_OF_SSH.test(line));
      const what = matchLine(lines, /^Connection .*timed out/)
        ? 'reached no SSH server in time'
        : 'ended before the login';
      const printed =
        words.length === 0
          ? ', and printed nothing'
          : `: ${shorten(oneLine(words.slice(-3).join(' · ')), 500)}`;
      const advice = words.some((line) => /not found|No such file/i.test(line))
        ? `Install the program${byPlace(' in an earlier step', '')}.`
        : `If it needs variables of ${byPlace('this step', 'this shell')}, name them in "${inputRef('ssh-env')}".`;
      return `the ProxyCommand in "${inputRef('ssh-config')}" ${what}${printed}. ${advice}`;
    },
  },
  {
    pattern: /timed out/i,
    explain: () => `the SSH server did not answer in time. ${unreachableAdvice()}`,
  },
  {
    pattern: CLOSED_BEFORE_LOGIN,
    mayPass: true,
    explain: () =>
      `the connection was closed before the login. Does an SSH server listen on that port? Does it accept connections from ${thisRunner()} (fail2ban, MaxStartups, AllowUsers, a firewall)?`,
  },
];

/** The explanation of a failed login: the first of these that fits. */
export function findExplanation(
  failures: readonly Explanation[],
  lines: readonly string[],
  context: SshLoginContext,
): { readonly text: string; readonly mayPass: boolean } | undefined {
  for (const { pattern, explain, mayPass = false } of failures) {
    const groups = matchLine(lines, pattern);
    const text = groups && explain(groups, context, lines);
    if (text !== undefined) return { text, mayPass };
  }
  return undefined;
}

/** Whether the login that was refused last had its key accepted, and needed more ("partial success"). */
function wasKeyAccepted(lines: readonly string[]): boolean {
  const refused = lines.findIndex((line) => /Permission denied/.test(line));
  const before = lines.slice(0, refused);
  const loggedInElsewhere = before.findLastIndex((line) => line.startsWith('Authenticated to '));
  return before.slice(loggedInElsewhere + 1).some((line) => /with partial success/.test(line));
}

/** `"ci" (for deploy; valid until 2026-01-01T00:00:00 UTC)` */
function describeCertificate({ id, principals, validUntil }: SshCertificateDetails): string {
  const users = principals.length === 0 ? 'for any user' : `for ${principals.join(', ')}`;
  return `"${id}" (${users}; valid ${validUntil === undefined ? 'for ever' : `until ${validUntil} UTC`})`;
}

/** The groups of the first line that matches. */
export function matchLine(lines: readonly string[], pattern: RegExp): Groups | undefined {
  const match = lines.map((line) => pattern.exec(line)).find((each) => each !== null);
  return match && (match.groups ?? {});
}

/** ssh writes a host with another port than 22 as `[host]:port`. */
const HOST_WITH_PORT = /^\[(.*)\]:(\d+)$/;

const isJumpHost = (host: string | undefined, { settings }: SshLoginContext): boolean =>
  host !== undefined &&
  (settings.jumps || settings.proxyCommand !== undefined) &&
  !settings.names.includes(host.replace(HOST_WITH_PORT, '$1'));

function describeHost(host = '', context: SshLoginContext): string {
  return `${host} (${isJumpHost(host, context) ? 'jump host of ' : ''}${context.name})`;
}

/** The input that names the host, its user and its port. */
function inputWith(host: string | undefined, context: SshLoginContext): string {
  return isJumpHost(host, context) ? `"${inputRef('ssh-config')}"` : `"${inputRef('hosts')}"`;
}

function jumpHostPrefix(host: string | undefined, context: SshLoginContext): string {
  return isJumpHost(host, context) ? `jump host ${host}: ` : '';
}

function keyscanCommand(host = 'HOST'): string {
  const [, hostname = host, port] = HOST_WITH_PORT.exec(host) ?? [];
  return `ssh-keyscan ${port === undefined ? '' : `-p ${port} `}${hostname}`;
}
