import type { ActionContext } from './action-context.ts';
import { Registry } from './image/registry.ts';
import type { LayerLookup } from './rollout/disk-space.ts';

/** Milliseconds. The size of images only improves an error message, so nobody waits long for it. */
const LAYER_REQUEST_TIMEOUT = 15_000;
const NO_RETRIES = { attempts: 1, firstWait: 0, longestWait: 0 };

/** Asks registries for the layers of images: once for all hosts, and again only after a failure. */
export function createLayerLookup(
  { run, log, folder, signal }: ActionContext,
  environment: Readonly<Record<string, string>>,
): LayerLookup {
  const answers = new Map<string, ReturnType<LayerLookup>>();
  const request: LayerLookup = async (image) => {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(LAYER_REQUEST_TIMEOUT)]);
    const imageContext = {
      ...{ run, log, folder, environment },
      workspace: process.cwd(),
      retryPolicy: NO_RETRIES,
      signal: deadline,
    };
    return (await new Registry(imageContext).inspect(image))?.platforms;
  };
  return (image) => {
    const answer = answers.get(image) ?? request(image);
    answers.set(image, answer);
    answer.catch(() => answers.delete(image));
    return answer;
  };
}
