/** What a deploy and a rollback ask of an engine, and what they start on the runner: numbers that may not grow. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from '@jest/globals';
import { countRoundTrips, type RunCount } from '../../script/lib/bench/round-trips.ts';
import { sealift } from '../../script/lib/bench/sealift.ts';
import { waterfallLines } from '../../script/lib/bench/waterfall.ts';
import { labWith, serverOf } from '../support/lab.ts';

const lab = await labWith(1, { builds: true });

type Counted = 'requests' | 'rounds' | 'connections' | 'programs';
type Counts = Readonly<Record<Counted, number>>;

/** A smaller number is written here, with what made it smaller; a larger one needs a reason in its commit. */
const MOST: Readonly<Record<'deploy' | 'rollback', Counts>> = JSON.parse(
  readFileSync(join(import.meta.dirname, 'counts.json'), 'utf8'),
);

const countsOf = ({ requests, rounds, connections, programs }: RunCount): Counts => ({
  ...{ requests, rounds, connections, programs: programs.length },
});

/** An event of a container that comes at another moment is looked at once more, and may make one round more. */
const CHANCE = 1.05;

const isWithin = (counts: Counts, most: Counts): boolean =>
  (Object.keys(most) as readonly Counted[]).every((key) => counts[key] <= most[key] * CHANCE);

/** On a busy machine, what is asked side by side may come one after the other: the best of so many runs counts. */
const ATTEMPTS = 3;

test('a deploy and a rollback ask no more of an engine, and start no more programs, than they did', async () => {
  const seen: { deploy: Counts; rollback: Counts }[] = [];
  let lines: readonly string[] = [];
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const [counted] = await countRoundTrips(lab, serverOf(lab, 0), [sealift]);
    if (counted === undefined) throw new Error('Nothing was counted.');
    const counts = { deploy: countsOf(counted.deploy), rollback: countsOf(counted.back) };
    seen.push(counts);
    if (isWithin(counts.deploy, MOST.deploy) && isWithin(counts.rollback, MOST.rollback)) return;
    lines = [
      'deploy',
      ...waterfallLines(counted.deploy.exchanges),
      ...counted.deploy.programs,
      'rollback',
      ...waterfallLines(counted.back.exchanges),
      ...counted.back.programs,
    ];
  }
  throw new Error(
    [`${JSON.stringify(seen)} are more than ${JSON.stringify(MOST)}. The last run:`, ...lines].join('\n'),
  );
});
