import { ConfigurationError } from '../model/errors.ts';
import { type HostAddress, parseHostAddress } from '../model/host-address.ts';
import type { Access, SshAccess, TlsAccess } from '../model/request.ts';
import { checkCertificate, checkPrivateKey } from './pem.ts';
import type { Inputs } from './reader.ts';

/** One host a line; none twice, since two plans for one engine would work against each other. */
export function readHosts(inputs: Inputs): readonly HostAddress[] {
  const hosts = new Map<string, HostAddress>();
  for (const { number, text } of inputs.numberedLines('hosts')) {
    rejectSeveralHosts(text, number);
    const host = parseHostAddress(text);
    if (hosts.has(host.name)) throw new ConfigurationError(`hosts: ${host.name} is listed twice.`);
    hosts.set(host.name, host);
  }
  if (hosts.size === 0)
    throw new ConfigurationError('hosts: no line names a host. Write ssh://user@host, one a line.');
  return [...hosts.values()];
}

/**
 * @throws ConfigurationError for several hosts in one line. It does not repeat them: where one ends and a password begins
 * can't be told.
 */
function rejectSeveralHosts(line: string, number: number): void {
  // A socket's path may hold any of these.
  if (/^unix:/i.test(line) && !/[\s,;]+\w+:\/\//.test(line)) return;
  const between = /[\s,;]/.exec(line)?.[0];
  if (between === undefined) return;
  const what = between === ',' ? 'a comma' : between === ';' ? 'a semicolon' : 'a space';
  throw new ConfigurationError(
    `hosts, line ${number}: there is ${what} in it, and a line names one host. Write "hosts: |" and below it each host on a line of its own, with nothing between them.`,
  );
}

/** What it takes to reach these hosts: keys only for the kinds of host that are listed. */
export function readAccess(inputs: Inputs, hosts: readonly HostAddress[]): Access {
  const ssh = hosts.find((host) => host.kind === 'ssh');
  const tcp = hosts.find((host) => host.kind === 'tcp');
  return {
    ssh: ssh === undefined ? undefined : readSshAccess(inputs, ssh.hostname, ssh.port ?? 22),
    tls: tcp === undefined ? undefined : readTlsAccess(inputs, tcp.name),
  };
}

function readSshAccess(inputs: Inputs, hostname: string, port: number): SshAccess {
  const scan = port === 22 ? hostname : `-p ${port} ${hostname}`;
  return {
    knownHosts: inputs.required(
      'known-hosts',
      `Over SSH a host is only trusted by a key that is known before. Run "ssh-keyscan ${scan}" from a network that you trust, compare it with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), and give its lines.`,
    ),
    privateKey: inputs.required(
      'ssh-key',
      `Give the private key for ${hostname}, best as a secret: ssh-key: \${{ secrets.SSH_KEY }}. Is the secret set, and may this job read it?`,
    ),
    passphrase: inputs.text('ssh-key-passphrase'),
    config: inputs.text('ssh-config') ?? '',
  };
}

function readTlsAccess(inputs: Inputs, host: string): TlsAccess {
  const advice = `${host} is an engine over TCP, which is only spoken to with certificates on both sides: give tls-ca, tls-cert and tls-key.`;
  return {
    ca: checkCertificate('tls-ca', inputs.required('tls-ca', advice)),
    cert: checkCertificate('tls-cert', inputs.required('tls-cert', advice)),
    key: checkPrivateKey('tls-key', inputs.required('tls-key', advice)),
  };
}
