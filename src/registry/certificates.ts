import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What TLS with a registry needs, in PEM format. */
export interface RegistryCertificates {
  readonly ca: readonly Buffer[];
  /** Of this machine, for a registry that asks for one. */
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** Where a system has its authorities: the first one that exists, as for docker (Go, crypto/x509/root_linux.go). */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** Where an engine has the authorities of single registries: docs.docker.com, "Verify repository client with certificates". */
const ENGINE_CERTIFICATES = '/etc/docker/certs.d';

/** The system's authorities, or those that `SSL_CERT_FILE` names, and what the engine has for a registry. */
export async function certificatesFor(
  registry: string,
  environment: Readonly<Record<string, string>>,
  engineFolder = ENGINE_CERTIFICATES,
): Promise<RegistryCertificates> {
  const folder = join(engineFolder, registry);
  const names = (await readdir(folder).catch(() => [])).sort();
  const read = (name: string): Promise<Buffer> => readFile(join(folder, name));
  const own = await Promise.all(names.filter((name) => name.endsWith('.crt')).map(read));
  const cert = names.find((name) => name.endsWith('.cert'));
  const key = cert?.replace(/\.cert$/, '.key');
  return {
    ca: [...(await systemAuthorities(environment)), ...own],
    ...(cert === undefined || key === undefined || !names.includes(key)
      ? {}
      : { cert: await read(cert), key: await read(key) }),
  };
}

async function systemAuthorities(environment: Readonly<Record<string, string>>): Promise<readonly Buffer[]> {
  const named = environment['SSL_CERT_FILE'];
  for (const path of named ? [named] : SYSTEM_BUNDLES) {
    const bundle = await readFile(path).catch(() => undefined);
    if (bundle !== undefined) return [bundle];
  }
  return [];
}
