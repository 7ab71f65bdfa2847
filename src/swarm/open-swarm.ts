import { connectToSwarm } from '../engine/connect.ts';
import type { SwarmEngine, SwarmNode } from '../engine/swarm-engine.ts';
import { HostError, messageOf, SealiftError } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';
import { inputRef, inputSetting } from '../model/input-ref.ts';
import type { Destination } from '../model/request.ts';
import type { StepContext } from '../model/step-context.ts';

/**
 * Connects to the first host that answers and is a manager of a swarm.
 * @throws the error of the only host; else SealiftError that says of each host why it can't be used. Then nothing stays open.
 */
export async function openManager({ hosts, access }: Destination, step: StepContext): Promise<SwarmEngine> {
  const failures: unknown[] = [];
  for (const address of hosts) {
    try {
      const swarm = await connectToSwarm(address, access, step);
      try {
        requireManager(swarm.host, await swarm.swarmNode());
        if (failures.length > 0)
          step.log.notice(`${swarm.host} is used, because ${failures.map(messageOf).join(' · ')}`);
        return swarm;
      } catch (error) {
        await swarm[Symbol.asyncDispose]();
        throw error;
      }
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length === 1) throw failures[0];
  throw new SealiftError(
    `None of the ${hosts.length} hosts can be used as a manager: ${failures.map(messageOf).join(' · ')}`,
    { evidence: failures.flatMap((error) => (error instanceof SealiftError ? error.evidence : [])) },
  );
}

/** @throws HostError that says what to change */
function requireManager(host: HostName, { state, isManager, managers, error }: SwarmNode): void {
  if (state === 'active' && isManager) return;
  if (state === 'active') {
    const known = managers.length === 0 ? 'a manager' : `a manager (${managers.join(', ')})`;
    throw new HostError(
      host,
      `it is a worker of its swarm, which can't be asked. Name ${known} in "${inputRef('hosts')}".`,
    );
  }
  if (state === 'inactive') {
    throw new HostError(
      host,
      `it is not in a swarm. Make one ("docker swarm init"), or remove ${inputSetting('orchestrator', 'swarm')} to deploy to this engine alone.`,
    );
  }
  const why = error === '' ? '' : `: ${error}`;
  throw new HostError(
    host,
    `its swarm can't be used, it is ${state}${why}. Look at "docker info" and "docker node ls" there.`,
  );
}
