import type { House } from './house.ts';
import { orderImages } from './images.ts';
import type { BuildRequest } from './model/request.ts';
import { resolveCompose } from './release/compose/resolve.ts';
import { group } from './report/console.ts';

/** The first half of a delivery: images that are built, tested and pushed, by digest. No host is asked. */
export async function build(request: BuildRequest, house: House): Promise<void> {
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
            house.tools,
          ),
        );
  // Variables that only the deploy sets are not missed here, but they are worth a word.
  for (const problem of resolved?.problems ?? []) house.tools.log.info(`For the deploy: ${problem}`);
  const order = orderImages(request, Promise.resolve({ resolved }), { dryRun: false }, house);
  try {
    await order.fill();
  } finally {
    await order.close();
  }
  Object.assign(house.report, {
    result: 'built',
    state: 'The images are in the registry.',
    revision: house.commit.sha,
  });
}
