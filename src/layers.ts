import type { House } from './house.ts';
import { Registry } from './image/registry.ts';
import type { LayersOf } from './target/room.ts';

/** Milliseconds: how big images are is good to know, and not waited for long. */
const ANSWERS_WITHIN = 15_000;
const ONCE = { attempts: 1, first: 0, longest: 0 };

/** Asks registries for the layers of images: once for all hosts, and again only where that failed. */
export function askLayers({ tools, signal }: House, environment: Readonly<Record<string, string>>): LayersOf {
  const asked = new Map<string, ReturnType<LayersOf>>();
  const ask: LayersOf = async (image) => {
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(ANSWERS_WITHIN)]);
    const shop = { tools, environment, workspace: process.cwd(), patience: ONCE, signal: inTime };
    return (await new Registry(shop).inspect(image))?.platforms;
  };
  return (image) => {
    const answer = asked.get(image) ?? ask(image);
    asked.set(image, answer);
    answer.catch(() => asked.delete(image));
    return answer;
  };
}
