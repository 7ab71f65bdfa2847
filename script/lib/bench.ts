/**
 * Measures what Sealift costs: the start-up of its bundle, the requests of a deploy and a rollback to a distant engine, their
 * time compared with `docker compose up -d` over ssh:// (same app, same server, at 0 and 25 ms), what visitors see of both,
 * how the time of a deploy grows with the fleet, and the time of an update on a swarm and on Kubernetes.
 */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import type { Lab, Server } from '../../__tests__/support/lab.ts';
import { raceOnClusters } from './bench/clusters.ts';
import { measureFleets } from './bench/fleet.ts';
import { beginPart, benchmarkPage } from './bench/page.ts';
import { race } from './bench/race.ts';
import { countRoundTrips, type RoundTrips } from './bench/round-trips.ts';
import { sideBySide } from './bench/side-by-side.ts';
import { measureStartUp } from './bench/start-up.ts';
import {
  clusterTable,
  fleetTable,
  raceTable,
  roundTripTable,
  sideTable,
  stageTable,
  startUpTable,
  transferTable,
} from './bench/tables.ts';
import { measureTransfers } from './bench/transfer.ts';
import { waterfallLines, waterfallSvg } from './bench/waterfall.ts';
import { dim, heading, red, say } from './demo/terminal.ts';
import { withLab } from './own-lab.ts';

/** Milliseconds each way. */
const DELAYS = [0, 25];
/** Numbers of hosts, and their delay. */
const FLEETS = [1, 2, 4, 8];
const FLEET_DELAY = 25;
/** Milliseconds. Ends a benchmark that hangs. */
const LONGEST = 30 * 60_000;

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    markdown: { type: 'string' },
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    waterfall: { type: 'string' },
  },
});

const TITLES: Readonly<Record<string, string>> = {
  'start-up': 'Start-up',
  'round-trips': 'Requests to the engine',
  time: 'Time',
  'side-by-side': 'What visitors see',
  fleet: 'Hosts of a fleet',
  transfer: 'Images on the wire',
  clusters: 'Clusters',
};

type Say = (line: string) => void;

/** Each part measures, shows and returns its figures. */
const PARTS: Readonly<Record<string, (lab: Lab, rounds: number, print: Say) => Promise<unknown>>> = {
  'start-up': async () => {
    const startUp = await measureStartUp();
    startUpTable(startUp);
    return startUp;
  },
  'round-trips': async (lab) => {
    const roundTrips = await countRoundTrips(lab, server(lab, 0));
    roundTripTable(roundTrips);
    if (values.waterfall !== undefined) await showWaterfalls(roundTrips, values.waterfall);
    return roundTrips;
  },
  time: async (lab, rounds, print) => {
    const races = await race(lab, server(lab, 1), DELAYS, rounds, print);
    for (const one of races) {
      say();
      raceTable(one);
    }
    say();
    stageTable(races);
    return races;
  },
  'side-by-side': async (lab, rounds, print) => {
    const sides = await sideBySide(lab, server(lab, 0), rounds, print);
    say();
    sideTable(sides);
    return sides.map(({ load, ...side }) => ({
      ...side,
      load: { ...load, kinds: Object.fromEntries(load.kinds), answers: Object.fromEntries(load.answers) },
    }));
  },
  fleet: async (lab, rounds, print) => {
    const sizes = await measureFleets(lab, FLEETS, FLEET_DELAY, rounds, print);
    say();
    fleetTable(sizes, FLEET_DELAY);
    return sizes;
  },
  transfer: async (lab, _, print) => {
    const transfers = await measureTransfers(lab, server(lab, 0), print);
    say();
    transferTable(transfers);
    return transfers;
  },
  clusters: async (lab, rounds, print) => {
    const races = await raceOnClusters(lab, rounds, print);
    say();
    clusterTable(races);
    return races;
  },
};

/** Prints the requests of each run of Sealift and its peer, and draws them. */
async function showWaterfalls(sides: readonly RoundTrips[], folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { name, deploy, back } of sides) {
    for (const [act, { exchanges, programs }] of Object.entries({ deploy, rollback: back })) {
      const title = `${name}: ${act}, each request held for 25 ms`;
      say(`\n  ${title}`);
      for (const line of waterfallLines(exchanges)) say(`  ${line}`);
      say(dim(`  programs: ${programs.join(' · ')}`));
      const file = join(folder, `${name.replaceAll(/\W+/g, '-').toLowerCase()}-${act}.svg`);
      await writeFile(file, waterfallSvg(title, exchanges));
    }
  }
}

function server(lab: Lab, index: number): Server {
  const found = lab.servers[index];
  if (found === undefined) throw new Error('The benchmark needs two servers.');
  return found;
}

async function bench(lab: Lab, rounds: number, only: readonly string[]): Promise<void> {
  const figures: Record<string, unknown> = {};
  try {
    for (const [name, measure] of Object.entries(PARTS)) {
      if (!only.includes(name)) continue;
      heading(TITLES[name] ?? name);
      beginPart(name);
      figures[name] = await measure(lab, rounds, (line) => say(dim(`  ${line}`)));
    }
    say(
      `\n  On ${cpus().length} cores, Linux ${release()}, Node ${process.version}: median (least to most).`,
    );
    if (values.markdown !== undefined)
      await writeFile(values.markdown, benchmarkPage(new Date(), await commitOf()));
  } finally {
    // Also what was measured before a part failed.
    if (values.json !== undefined) await writeFile(values.json, JSON.stringify(figures, undefined, 2));
  }
}

/** The commit of the checkout, in short. */
async function commitOf(): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['rev-parse', '--short', 'HEAD']);
  return stdout.trim();
}

/** The parts that `--only` names; all without it. */
function wantedParts(): readonly string[] {
  const known = Object.keys(PARTS);
  const wanted = values.only?.split(',') ?? known;
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`--only knows ${known.join(', ')}, not ${unknown.join(', ')}.`);
  return wanted;
}

/** Rejects after the time limit and on Ctrl-C, so that the lab is removed all the same. */
function ended(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`it took longer than ${LONGEST / 60_000} minutes.`)), LONGEST).unref();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => reject(new Error(`it received ${signal}.`)));
    }
  });
}

try {
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a number from 1.');
  const only = wantedParts();
  const isForClusters = only.every((name) => name === 'clusters');
  const own = {
    ...{ servers: isForClusters ? 2 : Math.max(...FLEETS), net: '172.31.138' },
    kubernetes: only.includes('clusters'),
  };
  await withLab(own, (lab) => Promise.race([bench(lab, rounds, only), ended()]));
} catch (error) {
  say(red(`\nThe benchmark ended early: ${error instanceof Error ? error.message : String(error)}`));
  // Do not wait for what is still running.
  process.exit(1);
}
