import type { SshAccess } from '../model/access.ts';
import { CommandError, ConfigurationError } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';
import { byPlace } from '../model/place-words.ts';
import type { StepContext } from '../model/step-context.ts';
import { unwrapKeyText } from './private-keys.ts';
import type { SshAgent } from './ssh-agent.ts';
import { sshEnvironment } from './ssh-process.ts';

/** A certificate for a user's key, as an SSH certificate authority signs it. It is not secret. */
export interface SshCertificate {
  /** The input that has it. */
  readonly input: 'ssh-key' | 'ssh-certificate';
  /** One line, as in a file that ends with `-cert.pub`. */
  readonly line: string;
}

/** What a certificate says, as OpenSSH reads it. */
export interface SshCertificateDetails {
  /** `SHA256:…` */
  readonly key: string;
  readonly authority: string;
  readonly id: string;
  /** Users, as the server must allow them; empty for any. */
  readonly principals: readonly string[];
  /** In UTC; `undefined` if it is valid for ever. */
  readonly validUntil: string | undefined;
}

const CERTIFICATE =
  /(?<![^\s"'])(?<type>(?:ssh|ecdsa|sk)-[a-z0-9@.-]*-cert-v01@openssh\.com)\s+(?<base64>AAAA[A-Za-z0-9+/]+={0,2})/g;

/**
 * The certificates in the input `ssh-certificate`, and those beside the key in `ssh-key`.
 * @throws ConfigurationError if `ssh-certificate` has none
 */
export function parseSshCertificates(access: SshAccess): readonly SshCertificate[] {
  const beside = findCertificates('ssh-key', access.privateKey ?? '');
  if (access.certificate === undefined) return beside;
  const own = findCertificates('ssh-certificate', access.certificate);
  if (own.length > 0) return [...own, ...beside];
  const found = access.certificate.includes('PRIVATE KEY')
    ? 'this is a private key'
    : /^(?:ssh-|ecdsa-|sk-)\S+ AAAA/.test(access.certificate.trim())
      ? 'this is a public key without a certificate'
      : 'this is not an OpenSSH certificate';
  throw new ConfigurationError(
    `ssh-certificate: ${found}. Set the text of the file that your certificate authority made (KEY-cert.pub), which begins like ssh-ed25519-cert-v01@openssh.com.`,
  );
}

function findCertificates(input: SshCertificate['input'], text: string): readonly SshCertificate[] {
  const certificates = unwrapKeyText(text).matchAll(CERTIFICATE);
  return Array.from(certificates, ({ groups }) => ({
    input,
    line: `${groups?.['type']} ${groups?.['base64']}\n`,
  }));
}

/**
 * Reads certificates with OpenSSH itself.
 *
 * @param agent has the keys that they belong to
 * @param now milliseconds since 1970
 * @throws ConfigurationError for one that no server can accept from this job
 */
export async function checkSshCertificates(
  certificates: readonly SshCertificate[],
  agent: Pick<SshAgent, 'fingerprints'>,
  step: Pick<StepContext, 'run'>,
  now = Date.now(),
): Promise<readonly SshCertificateDetails[]> {
  if (certificates.length === 0) return [];
  const keys = await agent.fingerprints();
  return await Promise.all(certificates.map((each) => checkCertificateOfUser(each, keys, step, now)));
}

async function checkCertificateOfUser(
  { input, line }: SshCertificate,
  keys: readonly string[],
  { run }: Pick<StepContext, 'run'>,
  now: number,
): Promise<SshCertificateDetails> {
  const refuse = (problem: string, cause?: unknown): never => {
    throw new ConfigurationError(`${input}: the certificate ${problem}`, { cause });
  };
  const env = { ...sshEnvironment(), TZ: 'UTC' };
  const { stdout } = await run('ssh-keygen', ['-L', '-f', '-'], { env, stdin: line }).catch(
    (error: unknown) => {
      if (!(error instanceof CommandError)) throw error;
      return refuse("is damaged: OpenSSH can't read it. Set the whole line of the file KEY-cert.pub.", error);
    },
  );
  const details = parseDetails(stdout);
  const { key, id, validUntil } = details;
  if (/^\s+Type: .* host certificate$/m.test(stdout)) {
    refuse(`"${id}" is for a host, not for a user. Let your authority sign the key for a user (no -h).`);
  }
  if (validUntil !== undefined && Date.parse(`${validUntil}Z`) <= now) {
    refuse(
      `"${id}" has expired (${validUntil} UTC). Get a new one ${byPlace('in a step right before this one', 'right before')}.`,
    );
  }
  if (!keys.some((each) => each.split(' ').includes(key))) {
    const given = keys.map((each) => each.split(' ')[1] ?? each).join(' and ');
    refuse(
      `"${id}" belongs to another key (${key}) than the one in "${inputRef('ssh-key')}" (${given}). Set the two that belong together.`,
    );
  }
  return details;
}

/** The output of `ssh-keygen -L`. */
function parseDetails(text: string): SshCertificateDetails {
  const find = (pattern: RegExp): string | undefined => pattern.exec(text)?.groups?.['value'];
  return {
    key: find(/^\s+Public key: \S+ (?<value>\S+)/m) ?? '',
    authority: find(/^\s+Signing CA: \S+ (?<value>\S+)/m) ?? '',
    id: find(/^\s+Key ID: "(?<value>.*)"$/m) ?? '',
    principals: (find(/^\s+Principals: ?\n(?<value>(?:\s{9,}\S.*\n)*)/m) ?? '')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
    validUntil: find(/^\s+Valid: .*(?:to|before) (?<value>\S+)$/m),
  };
}
