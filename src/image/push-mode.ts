import { randomUUID } from 'node:crypto';
import { CommandError } from '../model/errors.ts';
import type { ImageContext } from './run-bake.ts';

/**
 * Where an image waits in the registry until it is proved: under no tag at all, or, where the builder can't push so, under
 * one that nobody else uses.
 */
export type PushMode = { readonly kind: 'digest' } | { readonly kind: 'tag'; readonly tag: string };

/** Docker's own builder pushes tags only (buildx, build/opt.go); every other one pushes by digest as well. */
export async function choosePushMode({ tools, environment }: ImageContext): Promise<PushMode> {
  const driver = await tools.run('docker', ['buildx', 'inspect'], { env: environment }).then(
    ({ stdout }) => builderDriverIn(stdout),
    (error: unknown) => {
      // What is wrong with the builder is told by the build. A tag is something that every builder can push.
      if (!(error instanceof CommandError)) throw error;
      return undefined;
    },
  );
  if (driver !== undefined && driver !== 'docker') return { kind: 'digest' };
  return { kind: 'tag', tag: `candidate-${randomUUID().slice(0, 8)}` };
}

/** `docker buildx inspect` has no format that a program could ask for. */
export function builderDriverIn(printed: string): string | undefined {
  return /^Driver:\s*(?<driver>\S+)\s*$/m.exec(printed)?.groups?.['driver'];
}

/** Docker's own builder keeps in its engine what it pushed: there it gets the names that it has in the registry. */
export async function tagInEngine(
  pushMode: PushMode,
  repository: string,
  references: readonly string[],
  { tools, environment }: ImageContext,
): Promise<void> {
  if (pushMode.kind !== 'tag') return;
  const image = `${repository}:${pushMode.tag}`;
  for (const reference of references) {
    // Nobody was promised it: what counts is in the registry.
    await tools
      .run('docker', ['image', 'tag', image, reference], { env: environment, allowedExitCodes: [1] })
      .catch(() => undefined);
  }
}

/** Takes the name that nobody else uses away from the engine again. The registry's can't be: few let a tag be removed. */
export async function removeCandidateTag(
  pushMode: PushMode,
  repositories: readonly string[],
  { tools, environment }: ImageContext,
): Promise<void> {
  if (pushMode.kind !== 'tag') return;
  const names = repositories.map((repository) => `${repository}:${pushMode.tag}`);
  await tools
    .run('docker', ['image', 'rm', '--force', ...names], { env: environment, allowedExitCodes: [1] })
    .catch(() => undefined);
}
