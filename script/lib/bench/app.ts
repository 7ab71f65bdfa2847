import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compose, probe } from '../../../__tests__/support/apps/probe.ts';
import type { Lab } from '../../../__tests__/support/lab.ts';
import type { Files } from '../../../__tests__/support/workspace.ts';

/** The app of the benchmark: one web service that takes a second to boot, and says so when it listens. */

/** An image of the app by digest, and the version that it answers. */
export interface Version {
  readonly version: string;
  readonly image: string;
}

/** A compose.yaml as people have it. */
export const appFiles = (port: number): Files =>
  compose({
    services: {
      web: {
        image: '${IMAGE}',
        ports: [`${port}:3000`],
        restart: 'unless-stopped',
        stop_grace_period: '5s',
      },
    },
  });

/** Each version has a small layer of its own, so that a server pulls something for it. */
const DOCKERFILE = `
FROM node:24-slim
COPY app.js package.json /app/
ARG VERSION
COPY <<EOF /app/version
$VERSION
EOF
ENV BOOT_MS=1000 VERSION=$VERSION
CMD ["node", "/app/app.js"]
`;

/** Builds versions of the app and pushes them. */
export async function buildVersions(
  lab: Lab,
  repository: string,
  names: readonly string[],
): Promise<readonly Version[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const { 'app.js': app = '', 'package.json': description = '' } = probe({ version: '' });
    const targets = names.map((name) => {
      const target = { args: { VERSION: name }, tags: [`${repository}:${name}`], output: ['type=registry'] };
      return [`v${name}`, target] as const;
    });
    const files = {
      'app.js': app,
      'package.json': description,
      Dockerfile: DOCKERFILE,
      'bake.json': JSON.stringify({
        group: { default: { targets: targets.map(([target]) => target) } },
        target: Object.fromEntries(targets),
      }),
    };
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    const args = ['--file', 'bake.json', '--provenance', 'false', '--metadata-file', 'built.json'];
    await promisify(execFile)('docker', ['buildx', 'bake', ...args], { cwd: folder, env: runnerOf(lab) });
    const built: Record<string, { 'containerimage.digest'?: string }> = JSON.parse(
      await readFile(join(folder, 'built.json'), 'utf8'),
    );
    return names.map((version) => {
      const digest = built[`v${version}`]?.['containerimage.digest'];
      if (digest === undefined) throw new Error(`docker buildx bake did not tell the digest of ${version}.`);
      return { version, image: `${repository}@${digest}` };
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The environment of a step on the lab's runner that has logged in to the registry. */
export const runnerOf = (lab: Lab): Record<string, string> => ({
  ...lab.runnerEnvironment,
  HOME: lab.folder,
  DOCKER_CONFIG: join(lab.folder, 'docker-config'),
});
