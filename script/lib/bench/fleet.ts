import type { Lab, Server } from '../../../__tests__/support/lab.ts';
import { sealiftFleet } from './sealift.ts';

/** How long a deploy takes for a number of hosts. */
export interface FleetSize {
  readonly hosts: number;
  /** Milliseconds of each deploy. */
  readonly deploys: readonly number[];
}

/**
 * Deploys the same app to fleets of growing size whose hosts have the same delay. The image is new to every host. The sizes
 * alternate, so that a slow phase of the machine affects all of them.
 *
 * @param delay milliseconds each way
 */
export async function measureFleets(
  lab: Lab,
  sizes: readonly number[],
  delay: number,
  rounds: number,
  say: (line: string) => void,
): Promise<readonly FleetSize[]> {
  const possible = sizes.filter((size) => size <= lab.servers.length);
  const servers = lab.servers.slice(0, Math.max(...possible));
  // Only the first deploy creates the edge.
  const versions = Array.from({ length: rounds + 1 }, (_, index) => String(index));
  const fleets: Fleet[] = [];
  try {
    for (const hosts of possible) fleets.push(await prepare(lab, servers.slice(0, hosts), versions));
    await eachServer(lab, servers, 'shape', String(delay));
    for (let round = 1; round <= rounds; round += 1) {
      for (const { hosts, deploys, deploy } of fleets) {
        const took = await deploy(round);
        deploys.push(took);
        say(`${hosts} hosts, ${round} of ${rounds}: ${Math.round(took)} ms`);
      }
    }
    return fleets.map(({ hosts, deploys }) => ({ hosts, deploys }));
  } finally {
    await eachServer(lab, servers, 'unshape');
    await Promise.all(fleets.map(({ remove }) => remove()));
  }
}

interface Fleet {
  readonly hosts: number;
  readonly deploys: number[];
  /** Deploys the version with this index and returns the milliseconds. */
  readonly deploy: (index: number) => Promise<number>;
  readonly remove: () => Promise<void>;
}

async function prepare(lab: Lab, servers: readonly Server[], versions: readonly string[]): Promise<Fleet> {
  const contender = await sealiftFleet(lab, servers, versions);
  const deploy = async (index: number): Promise<number> => {
    const version = contender.versions[index];
    if (version === undefined) throw new Error(`There is no version ${index}.`);
    return (await contender.deploy(version)).all;
  };
  await deploy(0);
  return { hosts: servers.length, deploys: [], deploy, remove: () => contender.remove() };
}

async function eachServer(
  lab: Lab,
  servers: readonly Server[],
  command: string,
  ...args: readonly string[]
): Promise<void> {
  for (const { name } of servers) await lab.run(command, name, ...args);
}
