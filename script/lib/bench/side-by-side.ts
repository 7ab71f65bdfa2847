import { askUntil } from '../../../__tests__/support/http.ts';
import type { Lab, Server } from '../../../__tests__/support/lab.ts';
import { everyKind } from '../../../__tests__/support/load/crowd.ts';
import { startCrowd } from '../../../__tests__/support/load/load.ts';
import { anySeed } from '../../../__tests__/support/load/random.ts';
import type { LoadResult } from '../../../__tests__/support/load/tally.ts';
import { composeUp } from './compose-up.ts';
import type { Contender } from './contender.ts';
import { sealift } from './sealift.ts';

/** What visitors of every kind experienced during the deploys of one side. */
export interface Side {
  readonly name: string;
  readonly deploys: number;
  readonly load: LoadResult;
}

/** The same app, change, visitors (one seed) and server: the sides deploy in turn, each under the load of its own visitors. */
export async function sideBySide(
  lab: Lab,
  server: Server,
  deploys: number,
  say: (line: string) => void,
): Promise<readonly Side[]> {
  const versions = Array.from({ length: deploys + 1 }, (_, index) => String(index));
  const contenders: Contender[] = [];
  try {
    contenders.push(await sealift(lab, server, versions));
    contenders.push(await composeUp(lab, server, versions));
    const seed = anySeed();
    const sides: Side[] = [];
    for (const contender of contenders) {
      const load = await underLoad(contender, seed);
      sides.push({ name: contender.name, deploys, load });
      say(
        `${contender.name}: ${load.failed} of ${load.requests} requests failed, downtime ${Math.round(load.down)} ms`,
      );
    }
    return sides;
  } finally {
    await Promise.all(contenders.map((contender) => contender.remove()));
  }
}

async function underLoad(contender: Contender, seed: number): Promise<LoadResult> {
  const [first, ...others] = contender.versions;
  if (first === undefined) throw new Error('There is no version.');
  await contender.deploy(first);
  await askUntil(contender.url, ({ headers }) => headers['x-release'] === first.version);
  const load = startCrowd(everyKind({ url: contender.url }), seed);
  await load.answered(first.version, 100);
  for (const version of others) {
    await contender.deploy(version);
    await load.answered(version.version, 100);
  }
  return await load.stop();
}
