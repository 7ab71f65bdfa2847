import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { manifestDigest } from '../lab/registry.ts';
import type { Lab } from '../lab.ts';
import { type Behaviour, probe } from './probe.ts';

/** An image of the probe by digest, and the version that it answers unless its environment says another. */
export interface Version {
  readonly version: string;
  readonly image: string;
}

/** Each version has a small layer of its own, so that a server pulls something for it. */
const dockerfile = (behaviour: Behaviour): string => `
FROM node:24-slim
COPY app.js package.json /app/
ARG VERSION
COPY <<EOF /app/version
$VERSION
EOF
ENV VERSION=$VERSION
${Object.entries(behaviour)
  .map(([name, value]) => `ENV ${name}=${JSON.stringify(String(value))}`)
  .join('\n')}
CMD ["node", "/app/app.js"]
`;

/** Builds versions of the probe, without a HEALTHCHECK, and pushes them: all in one build. */
export async function buildVersions(
  lab: Lab,
  repository: string,
  names: readonly string[],
  behaviour: Behaviour = {},
): Promise<readonly Version[]> {
  const folder = await mkdtemp(join(tmpdir(), 'images-'));
  try {
    const { 'app.js': app = '', 'package.json': description = '' } = probe({ version: '' });
    const targets = names.map((name) => {
      const target = { args: { VERSION: name }, tags: [`${repository}:${name}`], output: ['type=registry'] };
      return [`v${name}`, target] as const;
    });
    const files = {
      'app.js': app,
      'package.json': description,
      Dockerfile: dockerfile(behaviour),
      'bake.json': JSON.stringify({
        group: { default: { targets: targets.map(([target]) => target) } },
        target: Object.fromEntries(targets),
      }),
    };
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    const args = ['--file', 'bake.json', '--provenance', 'false', '--metadata-file', 'built.json'];
    const bake = (...only: readonly string[]): Promise<unknown> =>
      promisify(execFile)('docker', ['buildx', 'bake', ...args, ...only], {
        cwd: folder,
        env: runnerOf(lab),
      });
    const [first] = targets;
    // The registry loses a layer that several images push at the same time, so the base is pushed before.
    if (targets.length > 1 && first !== undefined) await bake(first[0]);
    await bake();
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

/**
 * The image of the probe that says no version of its own, by digest: apps whose releases differ by their environment have it in
 * common. It is built once for a lab.
 */
export async function probeImage(lab: Lab): Promise<string> {
  const { 'app.js': app = '' } = probe({ version: '' });
  // Another program is another image.
  const path = `e2e/probe-${createHash('sha256').update(app).digest('hex').slice(0, 8)}`;
  const repository = `${lab.registry.address}/${path}`;
  const digest = await manifestDigest(lab, path, 'none');
  if (digest !== undefined) return `${repository}@${digest}`;
  const [built] = await buildVersions(lab, repository, ['none']);
  if (built === undefined) throw new Error('The image of the probe was not built.');
  return built.image;
}

/** The environment of a step on the lab's runner that has logged in to the registry. */
export const runnerOf = (lab: Lab): Record<string, string> => ({
  ...lab.runnerEnvironment,
  HOME: lab.folder,
  DOCKER_CONFIG: join(lab.folder, 'docker-config'),
});
