/**
 * What Sealift costs: start-up of its bundle, what a deploy and a rollback ask of a far engine, and how long they take,
 * beside `docker compose up -d` over ssh:// with the same app on the same server, near and 25 ms away; what visitors see of the
 * deploys of both; and how a deploy grows with the fleet.
 */
import { writeFile } from 'node:fs/promises';
import { cpus, release } from 'node:os';
import { parseArgs } from 'node:util';
import type { Lab, Server } from '../../__tests__/support/lab.ts';
import { measureFleets } from './bench/fleet.ts';
import { race } from './bench/race.ts';
import { countRoundTrips } from './bench/round-trips.ts';
import { sideBySide } from './bench/side-by-side.ts';
import { measureStartUp } from './bench/start-up.ts';
import {
  fleetTable,
  raceTable,
  roundTripTable,
  sideTable,
  stageTable,
  startUpTable,
} from './bench/tables.ts';
import { dim, heading, red, say } from './demo/terminal.ts';
import { withLab } from './own-lab.ts';

/** Milliseconds each way. */
const DELAYS = [0, 25];
/** Hosts of a fleet, and their delay. */
const FLEETS = [1, 2, 4, 8];
const FLEET_DELAY = 25;
/** Whatever hangs: a benchmark that takes longer than twenty minutes is not run. Milliseconds. */
const LONGEST = 19.5 * 60_000;

const { values } = parseArgs({
  options: { json: { type: 'string' }, only: { type: 'string' }, rounds: { type: 'string', default: '5' } },
});

const TITLES: Readonly<Record<string, string>> = {
  'start-up': 'Start-up',
  'round-trips': 'Asked of the engine',
  time: 'Time',
  'side-by-side': 'What visitors see',
  fleet: 'Hosts of a fleet',
};

type Say = (line: string) => void;

/** Each measures, shows and returns its figures. */
const PARTS: Readonly<Record<string, (lab: Lab, rounds: number, tell: Say) => Promise<unknown>>> = {
  'start-up': async () => {
    const startUp = await measureStartUp();
    startUpTable(startUp);
    return startUp;
  },
  'round-trips': async (lab) => {
    const roundTrips = await countRoundTrips(lab, server(lab, 0));
    roundTripTable(roundTrips);
    return roundTrips;
  },
  time: async (lab, rounds, tell) => {
    const races = await race(lab, server(lab, 1), DELAYS, rounds, tell);
    for (const one of races) {
      say();
      raceTable(one);
    }
    say();
    stageTable(races);
    return races;
  },
  'side-by-side': async (lab, rounds, tell) => {
    const sides = await sideBySide(lab, server(lab, 0), rounds, tell);
    say();
    sideTable(sides);
    return sides.map(({ load, ...side }) => ({
      ...side,
      load: { ...load, kinds: Object.fromEntries(load.kinds), answers: Object.fromEntries(load.answers) },
    }));
  },
  fleet: async (lab, rounds, tell) => {
    const sizes = await measureFleets(lab, FLEETS, FLEET_DELAY, rounds, tell);
    say();
    fleetTable(sizes, FLEET_DELAY);
    return sizes;
  },
};

function server(lab: Lab, index: number): Server {
  const found = lab.servers[index];
  if (found === undefined) throw new Error('The benchmark needs two servers.');
  return found;
}

async function bench(lab: Lab, rounds: number, only: readonly string[]): Promise<void> {
  const figures: Record<string, unknown> = {};
  for (const [name, measure] of Object.entries(PARTS)) {
    if (!only.includes(name)) continue;
    heading(TITLES[name] ?? name);
    figures[name] = await measure(lab, rounds, (line) => say(dim(`  ${line}`)));
  }
  say(`\n  On ${cpus().length} cores, Linux ${release()}, Node ${process.version}: median (least to most).`);
  if (values.json !== undefined) await writeFile(values.json, JSON.stringify(figures, undefined, 2));
}

/** The parts that `--only` names; all without it. */
function wantedParts(): readonly string[] {
  const known = Object.keys(PARTS);
  const wanted = values.only?.split(',') ?? known;
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`--only knows ${known.join(', ')}, not ${unknown.join(', ')}.`);
  return wanted;
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
  const only = wantedParts();
  await withLab({ servers: Math.max(...FLEETS), net: '172.31.138' }, (lab) =>
    Promise.race([bench(lab, rounds, only), ended()]),
  );
} catch (error) {
  say(
    red(`\nThe benchmark did not get to its end: ${error instanceof Error ? error.message : String(error)}`),
  );
  // What was under way when it was ended is not waited for.
  process.exit(1);
}
