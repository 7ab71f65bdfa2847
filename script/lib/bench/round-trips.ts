import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lab, Server } from '../../../__tests__/support/lab.ts';
import { composeUp } from './compose-up.ts';
import type { Took } from './contender.ts';
import { type Count, EngineCounter } from './engine-counter.ts';
import { ProgramCounter } from './program-counter.ts';
import { sealift } from './sealift.ts';

export interface RoundTrips {
  readonly name: string;
  /** The second deploy, with an image that is in the registry, but not on the server. */
  readonly deploy: RunCount;
  readonly back: RunCount;
}

/** Of one run. */
export interface RunCount extends Count {
  /** What the runner's processes have started, with first arguments. */
  readonly programs: readonly string[];
}

/** Counts the requests of each side to the engine, through the same socket. */
export async function countRoundTrips(
  lab: Lab,
  server: Server,
  sides: readonly (typeof sealift)[] = [sealift, composeUp],
): Promise<readonly RoundTrips[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const socket = join(folder, 'engine');
  const counter = new EngineCounter(lab, server);
  await using programs = await ProgramCounter.create(lab);
  const count = async (work: () => Promise<Took>): Promise<RunCount> => {
    let counted: Count | undefined;
    let took: Took | undefined;
    const others = await programs.count(async () => {
      counted = await counter.count(async () => {
        took = await work();
      });
    });
    if (counted === undefined || took === undefined) throw new Error('Nothing was counted.');
    return { ...counted, programs: [...others, ...took.programs] };
  };
  try {
    await counter.listen(socket);
    const results: RoundTrips[] = [];
    for (const enter of sides) {
      const contender = await enter(programs.lab, server, ['1', '2'], `unix://${socket}`);
      try {
        const [first, second] = contender.versions;
        if (first === undefined || second === undefined) continue;
        await contender.deploy(first);
        results.push({
          name: contender.name,
          deploy: await count(() => contender.deploy(second)),
          back: await count(() => contender.back(first)),
        });
      } finally {
        await contender.remove();
      }
    }
    return results;
  } finally {
    counter.close();
    await rm(folder, { recursive: true, force: true });
  }
}
