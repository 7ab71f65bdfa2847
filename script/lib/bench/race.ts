import type { Version } from '../../../__tests__/support/apps/images.ts';
import type { Lab, Server } from '../../../__tests__/support/lab.ts';
import { startLoad } from '../../../__tests__/support/load/load.ts';
import { composeUp } from './compose-up.ts';
import { bootOf, type Contender, type Took } from './contender.ts';
import { cpuOfPrograms } from './cpu.ts';
import { sealift } from './sealift.ts';

/** A deploy or rollback of one side, as seen from outside, in milliseconds. */
export interface Run extends Took {
  /** From the start until a visitor first gets an answer of the new version. */
  readonly untilAnswer: number;
  /** The boot time of the app in this run. */
  readonly boot: number;
  /** Of the runner's processes; `undefined` where it can't be measured. */
  readonly cpu: number | undefined;
  readonly requests: number;
  readonly failed: number;
}

export interface Pair {
  readonly ours: Run;
  readonly theirs: Run;
}

/** The runs of both sides at one delay. */
export interface Race {
  /** Milliseconds each way. */
  readonly delay: number;
  readonly deploys: readonly Pair[];
  readonly backs: readonly Pair[];
}

/**
 * Both sides deploy new versions of the same app to the same server and roll back, alternating and in changing order, while
 * visitors send requests all the time.
 */
export async function race(
  lab: Lab,
  server: Server,
  delays: readonly number[],
  rounds: number,
  say: (line: string) => void,
): Promise<readonly Race[]> {
  // The first version is not measured. It exists so that every deploy has a previous version.
  const versions = Array.from({ length: delays.length * rounds + 1 }, (_, index) => String(index));
  const ours = await sealift(lab, server, versions);
  const theirs = await composeUp(lab, server, versions);
  const done: Race[] = [];
  try {
    for (const each of [ours, theirs]) await each.deploy(versionAt(each, 0));
    for (const [index, delay] of delays.entries()) {
      if (delay > 0) await lab.run('shape', server.name, String(delay));
      const deploys: Pair[] = [];
      const backs: Pair[] = [];
      for (let round = 1; round <= rounds; round += 1) {
        const version = index * rounds + round;
        const pair = (act: 'deploy' | 'back', from: number, to: number): Promise<Pair> =>
          inTurn(round % 2 === 0, ours, theirs, (each) =>
            watched(lab, each, act, versionAt(each, from), versionAt(each, to)),
          );
        const deployed = await pair('deploy', 0, version);
        const back = await pair('back', version, 0);
        deploys.push(deployed);
        backs.push(back);
        say(`${delay} ms, ${round} of ${rounds}: deploy ${written(deployed)}, rollback ${written(back)}`);
      }
      done.push({ delay, deploys, backs });
    }
    return done;
  } finally {
    await lab.run('unshape', server.name);
    await Promise.all([ours.remove(), theirs.remove()]);
  }
}

const written = ({ ours, theirs }: Pair): string =>
  `${Math.round(ours.all)} against ${Math.round(theirs.all)} ms`;

async function inTurn(
  turned: boolean,
  ours: Contender,
  theirs: Contender,
  what: (contender: Contender) => Promise<Run>,
): Promise<Pair> {
  if (!turned) return { ours: await what(ours), theirs: await what(theirs) };
  const first = await what(theirs);
  return { ours: await what(ours), theirs: first };
}

function versionAt({ versions }: Contender, index: number): Version {
  const version = versions[index];
  if (version === undefined) throw new Error(`There is no version ${index}.`);
  return version;
}

async function watched(
  lab: Lab,
  contender: Contender,
  act: 'deploy' | 'back',
  from: Version,
  to: Version,
): Promise<Run> {
  const load = startLoad(contender.url, { visitors: 1, pause: 20 });
  await load.answered(from.version, 8);
  const began = performance.now();
  let took: Took | undefined;
  const [cpu, untilAnswer] = await Promise.all([
    cpuOfPrograms(async () => {
      took = await contender[act](to);
    }),
    load.answered(to.version).then(() => performance.now() - began),
  ]);
  const { requests, failed } = await load.stop();
  if (took === undefined) throw new Error('Nothing was done.');
  return { ...took, cpu, untilAnswer, requests, failed, boot: await bootOf(lab, contender) };
}
