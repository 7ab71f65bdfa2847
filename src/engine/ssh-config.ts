import { ConfigurationError } from '../model/errors.ts';

export interface SshConfigFiles {
  /** `undefined`: the files that ssh reads by itself. */
  readonly knownHosts: string | undefined;
  /** `undefined`: the user's own agent, keys and ssh_config. */
  readonly agentSocket: string | undefined;
  readonly certificates?: readonly string[];
}

/** Keywords that the user can't set with `ssh-config`, and why. */
const RESERVED_KEYWORDS: readonly (readonly [keywords: string, why: string])[] = [
  [
    'StrictHostKeyChecking UserKnownHostsFile GlobalKnownHostsFile KnownHostsCommand UpdateHostKeys VerifyHostKeyDNS NoHostAuthenticationForLocalhost',
    'Sealift always checks host keys, against the lines in known-hosts',
  ],
  [
    'IdentityAgent IdentitiesOnly AddKeysToAgent ForwardAgent',
    'the key comes from ssh-key and must not leave this run',
  ],
  [
    'BatchMode ControlMaster ControlPath ControlPersist LocalForward RemoteForward DynamicForward ClearAllForwardings ExitOnForwardFailure RemoteCommand RequestTTY SessionType StdinNull ForkAfterAuthentication PermitLocalCommand LocalCommand Tunnel',
    'Sealift sets up its one connection itself',
  ],
];
const RESERVED: ReadonlyMap<string, string> = new Map(
  RESERVED_KEYWORDS.flatMap(([keywords, why]) =>
    keywords.split(' ').map((keyword) => [keyword.toLowerCase(), why] as const),
  ),
);

/**
 * The ssh_config(5) of one connection. It is a file, not options, since only `-F` also reaches the ssh of a jump host. The first
 * value of a keyword wins: required ones come before the user's lines, defaults after them.
 *
 * @param lines the input `ssh-config`
 * @throws ConfigurationError for a line with a reserved keyword
 */
export function renderSshConfig(lines: string, files: SshConfigFiles): string {
  const userLines = lines.split(/\r\n|\r|\n/).map((line) => line.trim());
  for (const [index, line] of userLines.entries()) refuseReserved(line, index + 1);
  const jumpHosts = unscopedJumpHosts(userLines);
  return [
    'Host *',
    '  BatchMode yes',
    '  StrictHostKeyChecking yes',
    ...(files.knownHosts === undefined
      ? []
      : [`  UserKnownHostsFile ${quoted(files.knownHosts)}`, '  GlobalKnownHostsFile /dev/null']),
    '  UpdateHostKeys no',
    '  VerifyHostKeyDNS no',
    '  NoHostAuthenticationForLocalhost no',
    ...(files.agentSocket === undefined ? [] : [`  IdentityAgent ${quoted(files.agentSocket)}`]),
    ...(files.certificates ?? []).map((path) => `  CertificateFile ${quoted(path)}`),
    ...(files.agentSocket === undefined ? [] : ['  IdentitiesOnly no']),
    '  AddKeysToAgent no',
    '  ForwardAgent no',
    '  ForwardX11 no',
    '  ControlMaster no',
    '  ControlPath none',
    '  PermitLocalCommand no',
    '  RequestTTY no',
    // The level that tells of a key that was accepted although the login was refused. More is fine, less is not.
    ...(userLines.some(asksForDebugging) ? [] : ['  LogLevel VERBOSE']),
    // A ProxyJump for all hosts also applies to the jump host itself; ssh refuses that as a loop.
    ...(jumpHosts.length === 0 ? [] : [`Host ${jumpHosts.join(' ')}`, '  ProxyJump none']),
    'Host *',
    USER_LINES,
    ...userLines,
    // A file that is not there is none.
    ...(files.agentSocket === undefined ? ['Host *', '  Include ~/.ssh/config'] : []),
    'Host *',
    '  ServerAliveInterval 5',
    '  ServerAliveCountMax 3',
    '  ConnectTimeout 15',
    // Otherwise ssh would try the keys in the runner's home directory.
    ...(files.agentSocket === undefined ? [] : ['  IdentityFile none']),
    '',
  ].join('\n');
}

const USER_LINES = '# From the input ssh-config:';

/** The line of the input, from the line that ssh names in an error: `config line 23` → 3. */
export function userLine(config: string, line: number): number | undefined {
  const number = line - (config.split('\n').indexOf(USER_LINES) + 1);
  return number >= 1 ? number : undefined;
}

function refuseReserved(line: string, number: number): void {
  const { keyword } = readLine(line);
  const why = RESERVED.get(keyword.toLowerCase());
  if (why === undefined) return;
  throw new ConfigurationError(`ssh-config: line ${number} sets ${keyword}: ${why}. Remove the line.`);
}

interface SshLine {
  readonly keyword: string;
  readonly value: string;
}

/** As ssh reads it: one empty word before the keyword is passed over, so `=User me` and `"" User me` set User. */
function readLine(line: string): SshLine {
  const first = cutWord(line);
  return first.keyword === '' ? cutWord(first.value) : first;
}

/** OpenSSH's strdelim(): a word ends at a space, at one `=`, or with the quotation mark that closes a part of it: `Us"er"me`. */
function cutWord(text: string): SshLine {
  const { head = '', rest = '' } = /^(?<head>[^ \t"=]*)(?<rest>.*)$/s.exec(text)?.groups ?? {};
  if (!rest.startsWith('"')) return { keyword: head, value: rest.replace(/^[ \t]*=?[ \t]*/, '') };
  const { inner, value = '' } = /^"(?<inner>[^"]*)"[ \t]*(?<value>.*)$/s.exec(rest)?.groups ?? {};
  // Without the second quotation mark, ssh passes over the line.
  return inner === undefined ? { keyword: '', value: '' } : { keyword: head + inner, value };
}

function asksForDebugging(line: string): boolean {
  const { keyword, value } = readLine(line);
  return keyword.toLowerCase() === 'loglevel' && /^[="\s]*debug/i.test(value);
}

const keywordOf = (line: string): string => readLine(line).keyword.toLowerCase();

/** The jump hosts of each ProxyJump outside of Host and Match blocks. */
function unscopedJumpHosts(lines: readonly string[]): readonly string[] {
  const block = lines.findIndex((line) => ['host', 'match'].includes(keywordOf(line)));
  return lines
    .slice(0, block < 0 ? undefined : block)
    .filter((line) => keywordOf(line) === 'proxyjump')
    .map((line) => readLine(line).value.replace(/^=/, '').replaceAll('"', ''))
    .flatMap((value) => value.split(','))
    .map((jump) =>
      jump
        .trim()
        .replace(/^ssh:\/\//, '')
        .replace(/^.*@/, ''),
    )
    .map((jump) => (jump.startsWith('[') ? jump.slice(1).replace(/\].*$/, '') : jump.replace(/:\d+\/?$/, '')))
    .filter((jump) => jump !== '' && jump !== 'none');
}

/** Quotes a path: ssh expands % and ${…} in it. */
function quoted(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`;
}
