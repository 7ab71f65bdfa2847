import type { HostAccess, SshAccess, TlsAccess } from '../model/access.ts';
import { type AddressRange, parseRange, SUBNET_PREFIX } from '../model/address-range.ts';
import { ConfigurationError } from '../model/errors.ts';
import { type HostAddress, parseHostAddress } from '../model/host-address.ts';
import type { HostName } from '../model/identifiers.ts';
import { inputRef } from '../model/input-ref.ts';
import type { Inputs } from './reader.ts';

/** Reads `hosts`, one per line. A host listed twice would get two plans that work against each other. */
export function readHosts(inputs: Inputs): readonly HostAddress[] {
  const hosts = new Map<string, HostAddress>();
  for (const { number, text } of inputs.numberedLines('hosts')) {
    rejectSeveralHosts(text, number, inputs);
    const host = parseHostAddress(text);
    if (hosts.has(host.name)) {
      throw new ConfigurationError(`hosts: ${host.name} is listed twice. Remove one of the lines.`);
    }
    hosts.set(host.name, host);
  }
  if (hosts.size === 0)
    throw new ConfigurationError('hosts: no line names a host. Write one per line: ssh://user@host.');
  return [...hosts.values()];
}

/**
 * @throws ConfigurationError for several hosts in one line. It does not repeat the line, because it can't know where a
 * host ends and a password begins.
 */
function rejectSeveralHosts(line: string, number: number, { atTerminal }: Inputs): void {
  // The path of a socket may contain any of these characters.
  if (/^unix:/i.test(line) && !/[\s,;]+\w+:\/\//.test(line)) return;
  const separator = /[\s,;]/.exec(line)?.[0];
  if (separator === undefined) return;
  const name = separator === ',' ? 'comma' : separator === ';' ? 'semicolon' : 'space';
  const advice = atTerminal
    ? 'Write each host on its own line, or give each a flag --hosts.'
    : 'Write "hosts: |" and below it each host on its own line.';
  throw new ConfigurationError(
    `hosts, line ${number}: the line contains a ${name}, but it must name one host. ${advice}`,
  );
}

/** Where the addresses of new networks are taken from; `undefined` if that is left to the engine. */
export function readNetworkRange(inputs: Inputs): AddressRange | undefined {
  const text = inputs.text('network-range');
  if (text === undefined) return undefined;
  const range = parseRange(text);
  if (range !== undefined && range.prefix <= SUBNET_PREFIX) return range;
  throw new ConfigurationError(
    `network-range: "${text}" is not a range of IPv4 addresses that holds networks of 256 addresses each. Write it as 10.201.0.0/16: addresses that nothing else uses.`,
  );
}

/** What is needed to connect to the hosts. Keys are required only for the kinds of hosts that are listed. */
export function readAccess(inputs: Inputs, hosts: readonly HostAddress[]): HostAccess {
  const ssh = hosts.find((host) => host.kind === 'ssh');
  const tcp = hosts.find((host) => host.kind === 'tcp');
  return {
    ssh: ssh === undefined ? undefined : readSshAccess(inputs, ssh.hostname, ssh.port ?? 22),
    tls: tcp === undefined ? undefined : readTlsAccess(inputs, tcp.name),
  };
}

function readSshAccess(inputs: Inputs, hostname: string, port: number): SshAccess {
  const scan = port === 22 ? hostname : `-p ${port} ${hostname}`;
  const required = (name: 'known-hosts' | 'ssh-key', advice: string): string | undefined =>
    inputs.atTerminal ? inputs.text(name) : inputs.required(name, advice);
  return {
    knownHosts: required(
      'known-hosts',
      `Sealift trusts an SSH host only by a key that it was given. Run "ssh-keyscan ${scan}" from a network that you trust, compare the result with the host's own key (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), and set "${inputRef('known-hosts')}" to the lines that it prints.`,
    ),
    privateKey: required(
      'ssh-key',
      `Set it to the private key for ${hostname}, preferably from a secret: ssh-key: \${{ secrets.SSH_KEY }}. If it is set, check that the secret exists and that this job may read it.`,
    ),
    passphrase: inputs.text('ssh-key-passphrase'),
    config: inputs.text('ssh-config') ?? '',
    certificate: inputs.text('ssh-certificate'),
    variables: readSshVariables(inputs),
  };
}

/** Variables for ssh. A line that is a name alone stands for the variable of this step, also for one that programs do not get. */
export function readSshVariables(inputs: Inputs): Readonly<Record<string, string>> | undefined {
  const variables = inputs.pairs('ssh-env', undefined, (name) => process.env[name]);
  return variables.size === 0 ? undefined : Object.fromEntries(variables);
}

function readTlsAccess(inputs: Inputs, host: HostName): TlsAccess {
  const advice = `Sealift connects to ${host} with TLS certificates on both sides: give "${inputRef('tls-ca')}", "${inputRef('tls-cert')}" and "${inputRef('tls-key')}".`;
  return {
    ca: checkCertificate('tls-ca', inputs.required('tls-ca', advice)),
    cert: checkCertificate('tls-cert', inputs.required('tls-cert', advice)),
    key: checkPrivateKey('tls-key', inputs.required('tls-key', advice)),
  };
}

/** A certificate with the line break at its end that PEM needs; the runner or the editor of a secret may remove it. */
export function checkCertificate(input: 'acme-ca' | 'tls-ca' | 'tls-cert', text: string): string {
  if (/-----BEGIN (?:TRUSTED )?CERTIFICATE-----/.test(text)) return `${text}\n`;
  throw notPemError(input, 'a certificate', '-----BEGIN CERTIFICATE-----', text);
}

/** @throws ConfigurationError that says what the text is instead. It never repeats the text. */
function checkPrivateKey(input: 'tls-key', text: string): string {
  // There is no input for its passphrase.
  if (/ENCRYPTED/.test(text)) {
    throw new ConfigurationError(
      `${input}: the key is encrypted. Decrypt it (openssl pkey -in key.pem) and give it as a secret.`,
    );
  }
  if (/-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/.test(text)) return `${text}\n`;
  throw notPemError(input, 'a private key', '-----BEGIN PRIVATE KEY-----', text);
}

function notPemError(input: string, wanted: string, begin: string, text: string): ConfigurationError {
  const kind = /-----BEGIN (?<kind>[A-Z0-9 ]+)-----/.exec(text)?.groups?.['kind']?.toLowerCase();
  const found = kind === undefined ? '' : ` It contains a ${kind}.`;
  return new ConfigurationError(
    `${input}: not ${wanted} in PEM format.${found} Give the text of the file, which begins with ${begin}, not its path.`,
  );
}
