import { randomUUID } from 'node:crypto';
import { CommandError } from '../model/errors.ts';
import { dockerOutput, type ImageContext } from './image-context.ts';

/**
 * How an image is pushed before it is verified: without a tag, or, if the builder can't do that, under a tag that nobody else
 * uses.
 */
export type PushMode = { readonly kind: 'digest' } | { readonly kind: 'tag'; readonly tag: string };

/** Docker's own builder pushes only tags (buildx, build/opt.go); every other builder pushes by digest as well. */
export async function choosePushMode(context: ImageContext): Promise<PushMode> {
  if (!(await isDockersOwnBuilder(context))) return { kind: 'digest' };
  return { kind: 'tag', tag: `candidate-${randomUUID().slice(0, 8)}` };
}

/** Whether the engine of the runner builds, and not a builder of its own. */
export async function isDockersOwnBuilder(context: ImageContext): Promise<boolean> {
  const printed = await dockerOutput(['buildx', 'inspect'], context).catch((error: unknown) => {
    // The build reports what is wrong with the builder. Every builder can push a tag.
    if (!(error instanceof CommandError)) throw error;
    return '';
  });
  // It has no format for programs.
  const driver = /^Driver:\s*(?<driver>\S+)\s*$/m.exec(printed)?.groups?.['driver'];
  return driver === undefined || driver === 'docker';
}

/** Docker's own builder keeps what it pushed in its engine: there the image gets the names that it has in the registry. */
export async function tagInEngine(
  pushMode: PushMode,
  repository: string,
  references: readonly string[],
  context: ImageContext,
): Promise<void> {
  if (pushMode.kind !== 'tag') return;
  for (const reference of references)
    await tryDockerImage(['tag', `${repository}:${pushMode.tag}`, reference], context);
}

/** Removes the candidate tag from the engine. It stays in the registry, because few registries can remove a tag. */
export async function removeCandidateTag(
  pushMode: PushMode,
  repositories: readonly string[],
  context: ImageContext,
): Promise<void> {
  if (pushMode.kind !== 'tag') return;
  await removeLocalImages(
    repositories.map((repository) => `${repository}:${pushMode.tag}`),
    context,
  );
}

/** Removes names from the runner's engine, if they are there. */
export async function removeLocalImages(names: readonly string[], context: ImageContext): Promise<void> {
  await tryDockerImage(['rm', '--force', ...names], context);
}

/** The engine's own names are a convenience, so a failure is ignored: the registry is what counts. */
async function tryDockerImage(args: readonly string[], { run, environment }: ImageContext): Promise<void> {
  await run('docker', ['image', ...args], { env: environment, allowedExitCodes: [1] }).catch(() => undefined);
}
