import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SshAccess } from '../model/access.ts';
import type { StepContext } from '../model/step-context.ts';
import { inBackground } from '../run/promises.ts';
import { checkKnownHosts, type KnownHost, parseKnownHosts, renderKnownHosts } from './known-hosts.ts';
import { privateFolder } from './private-folder.ts';
import type { SshCertificate } from './ssh-certificates.ts';
import { renderSshConfig } from './ssh-config.ts';

/** The files of one host's SSH: what ssh reads, and the sockets. None is secret, and all are for this user only. */
export interface SshFolder {
  readonly path: string;
  /** The ssh_config, and its text. */
  readonly configFile: string;
  readonly config: string;
  /** Rejects with a ConfigurationError if OpenSSH can't read a line of known_hosts. */
  readonly knownHostsChecked: Promise<void>;
  remove(): Promise<void>;
}

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
    const check = hosts === undefined ? Promise.resolve() : checkOnce(access, hosts, step);
    return { path, configFile, config, knownHostsChecked: check, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** The hosts of a fleet have the same lines: they are checked once. */
const checks = new WeakMap<SshAccess, Promise<void>>();

function checkOnce(access: SshAccess, hosts: readonly KnownHost[], step: StepContext): Promise<void> {
  const check = checks.get(access) ?? inBackground(checkKnownHosts(hosts, step));
  checks.set(access, check);
  return check;
}
