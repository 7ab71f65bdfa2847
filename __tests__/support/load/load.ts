/** Steady traffic of many kinds; counts what became of each request, and which release answered. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Place } from '../http.ts';
import { patience, progress } from '../patience.ts';
import { type CrowdOptions, type Group, plainCrowd } from './crowd.ts';
import { Expectations } from './expectations.ts';
import { anySeed, type Random, randomFrom } from './random.ts';
import { endOf, type LoadResult, Tally, type Visit } from './tally.ts';
import type { Visitor } from './visitor.ts';

export interface Load {
  /** For whoever wants the same visits again. */
  readonly seed: number;
  /**
   * From now on these releases may answer, and no other: the old and the new during a move, only the new one after it.
   * Until it is said for the first time, any may.
   */
  expect(...releases: readonly string[]): void;
  /** Resolves after so many further answers of a release; fails when they take too long. */
  answered(release: string, count?: number): Promise<void>;
  /** What there is so far. */
  look(): LoadResult;
  /** Ends the load once every visit under way has ended. */
  stop(): Promise<LoadResult>;
}

const ANSWERED_WITHIN = patience(1000);

/** Plain traffic to an address, until it is told to stop. */
export function startLoad(place: Place | string, options: CrowdOptions = {}): Load {
  return startCrowd(plainCrowd(typeof place === 'string' ? { url: place } : place, options));
}

/** Sends a crowd, until it is told to stop. */
export function startCrowd(groups: readonly Group[], seed = anySeed()): Load {
  const tally = new Tally();
  const expectations = new Expectations();
  const waiting = new Set<() => void>();
  const stopping = new AbortController();

  async function visitOnce({ kind }: Group, visitor: Visitor): Promise<void> {
    const from = performance.now();
    const visit = await ended(visitor, expectations, from);
    tally.add({ kind: kind.name, quick: kind.quick, from, to: performance.now(), ...visit });
    for (const look of waiting) look();
  }

  async function lane(group: Group, visitor: Visitor, random: Random): Promise<void> {
    const rest = (): Promise<void> => pause(random.between(0.5, 1.5) * group.pause, stopping.signal);
    // Not all in the same moment.
    await rest();
    while (!stopping.signal.aborted) {
      await visitOnce(group, visitor);
      await rest();
    }
  }

  let last = seed;
  const nextRandom = (): Random => {
    last += 1;
    return randomFrom(last);
  };
  const running = groups.flatMap((group) =>
    Array.from({ length: group.visitors }, async () => {
      const visitor = group.kind.arrive(group.place, nextRandom());
      const lanes = Array.from({ length: group.kind.lanes ?? 1 }, () => lane(group, visitor, nextRandom()));
      await Promise.all(lanes);
      visitor.leave();
    }),
  );

  return {
    seed,
    expect: (...releases) => expectations.expect(releases, performance.now()),
    answered(release, count = 1) {
      const wanted = tally.of(release) + count;
      return new Promise((resolve, reject) => {
        const end = (): void => {
          clearTimeout(giveUp);
          waiting.delete(look);
        };
        const look = (): void => {
          if (tally.of(release) < wanted) return;
          end();
          progress(`${count} answers of ${release}`);
          resolve();
        };
        const giveUp = setTimeout(() => {
          end();
          reject(new Error(`no ${count} further answers of ${release} in ${ANSWERED_WITHIN} ms. ${shown()}`));
        }, ANSWERED_WITHIN);
        waiting.add(look);
      });
    },
    look: () => tally.result(seed),
    async stop() {
      stopping.abort();
      await Promise.all(running);
      return tally.result(seed);
    },
  };

  function shown(): string {
    const { answers, failed, failures } = tally.result(seed);
    const seen = [...answers].map(([release, times]) => `${times} of ${release}`).join(', ') || 'none';
    return `Answers: ${seen}; failures: ${failed}, the last: ${failures.at(-1)?.why}`;
  }
}

async function ended(
  visitor: Visitor,
  expectations: Expectations,
  from: number,
): Promise<Pick<Visit, 'end' | 'release' | 'why'>> {
  try {
    const { release, chosen } = await visitor.visit();
    const why = expectations.complaint(release, from, chosen);
    return { release, end: why === undefined ? 'answered' : 'unexpected', why: why ?? '' };
  } catch (error) {
    return endOf(error);
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  // A load that nobody stops must not keep a test run from ending.
  if (milliseconds > 0) await wait(milliseconds, undefined, { signal, ref: false }).catch(() => undefined);
}
