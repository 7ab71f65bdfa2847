import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A key with a certificate that it has signed itself; PEM. */
export interface SelfSigned {
  readonly key: string;
  readonly cert: string;
}

/** @param subject that it is valid for: `DNS:shop.test`, `IP:172.31.128.1` */
export async function selfSigned(subject: string): Promise<SelfSigned> {
  const folder = await mkdtemp(join(tmpdir(), 'tls-'));
  const [key, made] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const name = ['-subj', '/CN=shop.test', '-addext', `subjectAltName=${subject}`, '-days', '2'];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await promisify(execFile)('openssl', ['req', ...kind, ...name, '-keyout', key, '-out', made]);
  const pair = { key: await readFile(key, 'utf8'), cert: await readFile(made, 'utf8') };
  await rm(folder, { recursive: true });
  return pair;
}
