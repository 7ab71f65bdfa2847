import type { Engine } from '../engine/engine.ts';

/** An image without content, for containers that are never started. */

const EMPTY_REPOSITORY = 'sealift/nothing';
const EMPTY_TAG = '1';
export const EMPTY_IMAGE = `${EMPTY_REPOSITORY}:${EMPTY_TAG}`;

/** Creates it if it is missing, or was pruned. */
export async function ensureEmptyImage(engine: Engine): Promise<void> {
  if ((await engine.inspectImage(EMPTY_IMAGE)) === undefined)
    await engine.importEmptyImage(EMPTY_REPOSITORY, EMPTY_TAG);
}
