import type { ActionContext } from '../action-context.ts';
import { resolveComposeFile } from '../compose-file.ts';
import { startImageLookup } from '../image-lookup.ts';
import type { ComposeFiles } from '../model/deploy-options.ts';
import type { BuildImageSource } from '../model/image-source.ts';
import { byPlace } from '../model/place-words.ts';
import type { BuildRequest } from '../model/request.ts';
import type { ResolvedCompose } from '../release/compose/resolve.ts';
import { group } from '../report/console.ts';
import type { BuildReport } from '../report/report.ts';

/** Builds, tests and pushes images, and reports their digests: the first half of a delivery. Asks no host. */
export async function build(request: BuildRequest, context: ActionContext<BuildReport>): Promise<void> {
  const resolved = await readBuildComposeFile(request.source, request.compose, context);
  // Variables that only the deploy sets are no problem here.
  for (const problem of resolved?.problems ?? [])
    context.log.info(`Needed for the deploy, not for the build: ${problem}`);
  await using imageLookup = startImageLookup(
    request,
    Promise.resolve({ resolved }),
    { dryRun: false },
    context,
  );
  await imageLookup.resolve();
  context.report.set({
    result: 'built',
    state:
      request.source.transfer === 'direct'
        ? byPlace(
            'The images are on this runner, for a deploy in the same job.',
            'The images are on this machine, for a deploy from it.',
          )
        : 'The images are in the registry.',
    revision: context.commit.sha,
  });
}

/** The Compose file that names the images to build; `undefined` if there is none. */
export async function readBuildComposeFile(
  source: BuildImageSource,
  compose: ComposeFiles,
  context: ActionContext,
): Promise<ResolvedCompose | undefined> {
  if (compose.files === undefined) return undefined;
  const file = { ...compose, port: undefined, volumes: [], domains: new Map() };
  const target = { app: 'build', environment: 'none' };
  const { resolved } = await group('Read the Compose file', () =>
    resolveComposeFile(file, target, source.repository, context),
  );
  return resolved;
}
