import type { ActionContext } from '../action-context.ts';
import { startImageLookup } from '../image-lookup.ts';
import type { BuildRequest } from '../model/request.ts';
import { resolveCompose } from '../release/compose/resolve.ts';
import { group } from '../report/console.ts';

/** The first half of a delivery: images that are built, tested and pushed, by digest. No host is asked. */
export async function build(request: BuildRequest, context: ActionContext): Promise<void> {
  const { source, compose } = request;
  const resolved =
    compose.files === undefined
      ? undefined
      : await group('Read the Compose file', () =>
          resolveCompose(
            { ...compose, port: undefined, volumes: [], domains: new Map() },
            { app: 'build', environment: 'none' },
            source.repository,
            process.cwd(),
            context.tools,
          ),
        );
  // Variables that only the deploy sets are not missed here, but they are worth a word.
  for (const problem of resolved?.problems ?? []) context.tools.log.info(`For the deploy: ${problem}`);
  const imageLookup = startImageLookup(request, Promise.resolve({ resolved }), { dryRun: false }, context);
  try {
    await imageLookup.resolve();
  } finally {
    await imageLookup.close();
  }
  Object.assign(context.report, {
    result: 'built',
    state: 'The images are in the registry.',
    revision: context.commit.sha,
  });
}
