import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SshAccess } from '../model/access.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { StepContext } from '../model/step-context.ts';
import { checkKnownHosts, parseKnownHosts, renderKnownHosts } from './known-hosts.ts';
import type { SshCertificate } from './ssh-certificates.ts';
import { renderSshConfig } from './ssh-config.ts';

/** The files of one host's SSH: what ssh reads, and the sockets. None is secret, and all are for this user only. */
export interface SshFolder {
  readonly path: string;
  /** The ssh_config, and its text. */
  readonly configFile: string;
  readonly config: string;
  remove(): Promise<void>;
}

/** A socket's path has at most 107 bytes, and ssh appends 17 to that of a control socket while it creates it. */
const MAX_FOLDER_LENGTH = 75;

/** @throws ConfigurationError for `known-hosts` or `ssh-config`; then no file is left */
export async function makeSshFolder(
  access: SshAccess,
  certificates: readonly SshCertificate[],
  step: StepContext,
): Promise<SshFolder> {
  const hosts = access.knownHosts === undefined ? undefined : parseKnownHosts(access.knownHosts);
  const path = await privateFolder(step.folder);
  const remove = () => rm(path, { recursive: true, force: true });
  const certificateFiles = certificates.map((certificate, index) => ({
    path: join(path, `key${index}-cert.pub`),
    text: certificate.line,
  }));
  const knownHosts =
    hosts === undefined ? undefined : { path: join(path, 'known_hosts'), text: renderKnownHosts(hosts) };
  const configFile = join(path, 'config');
  try {
    const config = renderSshConfig(access.config, {
      knownHosts: knownHosts?.path,
      agentSocket: access.privateKey === undefined ? undefined : join(path, 'agent'),
      certificates: certificateFiles.map((file) => file.path),
    });
    const files = [
      ...(knownHosts === undefined ? [] : [knownHosts]),
      { path: configFile, text: config },
      ...certificateFiles,
    ];
    await Promise.all(files.map((file) => writeFile(file.path, file.text, { mode: 0o600 })));
    if (hosts !== undefined) await checkKnownHosts(hosts, step);
    return { path, configFile, config, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** A directory for this connection, in the step's directory, or where paths are shorter. */
async function privateFolder(parent: string): Promise<string> {
  const fits = (path: string): boolean => Buffer.byteLength(path) <= MAX_FOLDER_LENGTH;
  const folder = await mkdtemp(
    fits(join(parent, 'hXXXXXX')) ? join(parent, 'h') : join(tmpdir(), 'sealift-'),
  );
  if (fits(folder)) return folder;
  await rm(folder, { recursive: true, force: true });
  throw new ConfigurationError(
    `The path of the runner's directory for temporary files is too long for a socket: ${folder}. Set TMPDIR to a shorter one.`,
  );
}
