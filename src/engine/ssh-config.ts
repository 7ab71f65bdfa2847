import { ConfigurationError } from '../model/errors.ts';

export interface SshConfigFiles {
  readonly knownHosts: string;
  readonly agentSocket: string;
}

/** What the user can't set with `ssh-config`, by lower-case keyword, and why. */
const RESERVED: ReadonlyMap<string, string> = new Map([
  ...[
    'StrictHostKeyChecking',
    'UserKnownHostsFile',
    'GlobalKnownHostsFile',
    'KnownHostsCommand',
    'UpdateHostKeys',
    'VerifyHostKeyDNS',
    'NoHostAuthenticationForLocalhost',
  ].map(
    (keyword) =>
      [keyword.toLowerCase(), 'host keys are always checked, against the lines in known-hosts'] as const,
  ),
  ...['IdentityAgent', 'IdentitiesOnly', 'AddKeysToAgent', 'ForwardAgent'].map(
    (keyword) =>
      [keyword.toLowerCase(), 'the key is given with ssh-key and leaves this job in no way'] as const,
  ),
  ...[
    'BatchMode',
    'ControlMaster',
    'ControlPath',
    'ControlPersist',
    'LocalForward',
    'RemoteForward',
    'DynamicForward',
    'ClearAllForwardings',
    'ExitOnForwardFailure',
    'RemoteCommand',
    'RequestTTY',
    'SessionType',
    'StdinNull',
    'ForkAfterAuthentication',
    'PermitLocalCommand',
    'LocalCommand',
    'Tunnel',
  ].map(
    (keyword) =>
      [keyword.toLowerCase(), 'Sealift opens the one connection that it needs, and in its own way'] as const,
  ),
]);

/**
 * The ssh_config(5) of one connection. A file and not options, since only `-F` reaches the ssh of a jump host. The first
 * value wins in it: what must hold stands before the user's lines, what is only a default after them.
 *
 * @param lines the input `ssh-config`
 * @throws ConfigurationError for a line that would change what must hold
 */
export function renderSshConfig(lines: string, files: SshConfigFiles): string {
  const users = lines.split(/\r\n|\r|\n/).map((line) => line.trim());
  for (const [index, line] of users.entries()) refuseReserved(line, index + 1);
  const hops = unscopedJumpHosts(users);
  return [
    'Host *',
    '  BatchMode yes',
    '  StrictHostKeyChecking yes',
    `  UserKnownHostsFile ${quoted(files.knownHosts)}`,
    '  GlobalKnownHostsFile /dev/null',
    '  UpdateHostKeys no',
    '  VerifyHostKeyDNS no',
    '  NoHostAuthenticationForLocalhost no',
    `  IdentityAgent ${quoted(files.agentSocket)}`,
    '  IdentitiesOnly no',
    '  AddKeysToAgent no',
    '  ForwardAgent no',
    '  ForwardX11 no',
    '  ControlMaster no',
    '  ControlPath none',
    '  PermitLocalCommand no',
    '  RequestTTY no',
    // A jump for every host would be one for the jump host too: ssh calls that a loop.
    ...(hops.length === 0 ? [] : [`Host ${hops.join(' ')}`, '  ProxyJump none']),
    'Host *',
    USER_LINES,
    ...users,
    'Host *',
    '  ServerAliveInterval 5',
    '  ServerAliveCountMax 3',
    '  ConnectTimeout 15',
    // Without it ssh would try the keys that lie in the runner's home.
    '  IdentityFile none',
    '',
  ].join('\n');
}

const USER_LINES = '# From the input ssh-config:';

/** The user's line, by what ssh calls it in an error: `config line 23` → 3. */
export function userLine(config: string, line: number): number | undefined {
  const number = line - (config.split('\n').indexOf(USER_LINES) + 1);
  return number >= 1 ? number : undefined;
}

function refuseReserved(line: string, number: number): void {
  const why = RESERVED.get(keywordOf(line));
  if (why === undefined) return;
  const keyword = /^[^\s=]*/.exec(line)?.[0] ?? line;
  throw new ConfigurationError(`ssh-config: line ${number} sets ${keyword}: ${why}. Take the line out.`);
}

function keywordOf(line: string): string {
  return (/^"?(?<keyword>[A-Za-z0-9]+)/.exec(line)?.groups?.['keyword'] ?? '').toLowerCase();
}

/** The hosts named by a ProxyJump that stands in no block of Host or Match. */
function unscopedJumpHosts(lines: readonly string[]): readonly string[] {
  const block = lines.findIndex((line) => ['host', 'match'].includes(keywordOf(line)));
  const jumps = lines
    .slice(0, block < 0 ? undefined : block)
    .filter((line) => keywordOf(line) === 'proxyjump');
  return jumps
    .map((line) => line.replace(/^"?proxyjump"?\s*[\s=]\s*/i, '').replaceAll('"', ''))
    .flatMap((value) => value.split(','))
    .map((hop) =>
      hop
        .trim()
        .replace(/^ssh:\/\//, '')
        .replace(/^.*@/, ''),
    )
    .map((hop) => (hop.startsWith('[') ? hop.slice(1).replace(/\].*$/, '') : hop.replace(/:\d+\/?$/, '')))
    .filter((hop) => hop !== '' && hop !== 'none');
}

/** ssh expands % and ${…} in paths. */
function quoted(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`;
}
