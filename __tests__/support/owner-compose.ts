/** `docker compose` as the owner of a server runs it there, without Sealift. */
import { join } from 'node:path';
import { runnerOf } from './apps/images.ts';
import { runProgram } from './run-program.ts';
import type { TestApp } from './test-app.ts';

/** The project has the name of the app. */
export async function ownerCompose(
  { lab, name, server }: TestApp,
  document: Readonly<Record<string, unknown>>,
  ...args: readonly string[]
): Promise<void> {
  const env = {
    ...{ ...runnerOf(lab), DOCKER_HOST: server.tcpUrl, DOCKER_TLS_VERIFY: '1' },
    DOCKER_CERT_PATH: join(lab.folder, 'tls'),
  };
  const stdin = JSON.stringify(document);
  await runProgram('docker', ['compose', '-p', name, '-f', '-', ...args], { env, stdin });
}
