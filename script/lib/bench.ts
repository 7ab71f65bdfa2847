/**
 * What Sealift costs: start-up of its bundle, what a deploy and a rollback ask of a far engine, and how long they take,
 * beside `docker compose up -d` over ssh:// with the same app on the same server, near and 25 ms away.
 */
import { writeFile } from 'node:fs/promises';
import { cpus, release } from 'node:os';
import { parseArgs } from 'node:util';
import type { Lab } from '../../__tests__/support/lab.ts';
import { race } from './bench/race.ts';
import { countRoundTrips } from './bench/round-trips.ts';
import { measureStartUp } from './bench/start-up.ts';
import { raceTable, roundTripTable, stageTable, startUpTable } from './bench/tables.ts';
import { dim, heading, red, say } from './demo/terminal.ts';
import { withLab } from './own-lab.ts';

/** Milliseconds each way. */
const DELAYS = [0, 25];
/** Whatever hangs: a benchmark that takes longer than ten minutes is not run. Milliseconds. */
const LONGEST = 9.5 * 60_000;

const { values } = parseArgs({
  options: { json: { type: 'string' }, rounds: { type: 'string', default: '5' } },
});

async function bench(lab: Lab, rounds: number): Promise<void> {
  heading('Start-up');
  const startUp = await measureStartUp();
  startUpTable(startUp);
  const [near, far] = lab.servers;
  if (near === undefined || far === undefined) throw new Error('The benchmark needs two servers.');

  heading('Asked of the engine');
  const roundTrips = await countRoundTrips(lab, near);
  roundTripTable(roundTrips);

  heading('Time');
  const races = await race(lab, far, DELAYS, rounds, (line) => say(dim(`  ${line}`)));
  for (const one of races) {
    say();
    raceTable(one);
  }
  say();
  stageTable(races);
  say(`\n  On ${cpus().length} cores, Linux ${release()}, Node ${process.version}: median (least to most).`);
  if (values.json !== undefined) {
    await writeFile(values.json, JSON.stringify({ startUp, roundTrips, races }, undefined, 2));
  }
}

/** Rejects when time is over or a person has seen enough, so that the lab is taken down all the same. */
function ended(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error('it took longer than it may.')), LONGEST).unref();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => reject(new Error(`it was ended by ${signal}.`)));
    }
  });
}

try {
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a number from 1.');
  await withLab({ servers: 2, net: '172.31.138' }, (lab) => Promise.race([bench(lab, rounds), ended()]));
} catch (error) {
  say(
    red(`\nThe benchmark did not get to its end: ${error instanceof Error ? error.message : String(error)}`),
  );
  // What was under way when it was ended is not waited for.
  process.exit(1);
}
