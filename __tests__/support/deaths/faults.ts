/** What happens to a server, or on the way to it, or to the registry, while a delivery is at work. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Faults, FaultyRegistry } from '../../image/support/faulty-registry.ts';
import type { Lab, Server } from '../lab.ts';
import type { TestApp } from '../test-app.ts';
import type { FaultPhase } from './fault-phases.ts';

interface Place {
  readonly lab: Lab;
  readonly server: Server;
  readonly app: TestApp;
  readonly registry: FaultyRegistry;
}

export interface Fault {
  /** Visitors may notice it, whatever a deploy does. */
  readonly visible: boolean;
  /** The phases in which it may end a delivery; any, unless it is said. */
  readonly hinders?: readonly FaultPhase[];
  readonly begin: (place: Place) => unknown;
  /** What a person would do about it, before the next run. */
  readonly repair?: (place: Place) => unknown;
}

const edgeOf = ({ app }: Place): string => `${app.name}-${app.environment}-edge`;

async function cut({ lab, server }: Place, milliseconds: number): Promise<void> {
  await lab.run('cut', server.name);
  await pause(milliseconds);
  await lab.run('heal', server.name);
}

/** Whatever the registry is asked for, by whoever. From the start of containers on nobody asks it. */
const registryFails = (fault: Faults['fault']): Fault => ({
  visible: false,
  hinders: ['connect', 'build', 'push', 'pull'],
  begin: ({ registry }) => registry.fail({ fault, on: /./ }),
  repair: ({ registry }) => registry.fail(undefined),
});

export const FAULT_NAMES = [
  'dockerd restarts',
  'dockerd is killed',
  'the server dies and comes back',
  'the edge is killed',
  'the edge is removed',
  'sshd restarts',
  'the network is cut for 6 s',
  'the network is cut for 60 s',
  'the registry answers 500',
  'the registry hangs',
  'the disk is full',
  'docker system prune -af',
] as const;
export type FaultName = (typeof FAULT_NAMES)[number];

export const FAULTS: Readonly<Record<FaultName, Fault>> = {
  'dockerd restarts': {
    visible: true,
    begin: async ({ lab, server }) => {
      await lab.run('engine-stop', server.name);
      await lab.run('engine-start', server.name);
    },
  },
  'dockerd is killed': {
    visible: true,
    begin: ({ lab, server }) => lab.run('engine-kill', server.name),
  },
  'the server dies and comes back': {
    visible: true,
    begin: async ({ lab, server }) => {
      await lab.run('kill', server.name);
      await lab.run('start', server.name);
    },
  },
  'the edge is killed': {
    visible: true,
    begin: (place) => place.lab.run('in', place.server.name, 'docker', 'kill', edgeOf(place)),
  },
  'the edge is removed': {
    visible: true,
    begin: (place) => place.lab.run('in', place.server.name, 'docker', 'rm', '-f', edgeOf(place)),
  },
  'sshd restarts': {
    visible: false,
    begin: async ({ lab, server }) => {
      await lab.run('sshd-stop', server.name);
      await lab.run('sshd-start', server.name);
    },
  },
  'the network is cut for 6 s': { visible: true, begin: (place) => cut(place, 6_000) },
  'the network is cut for 60 s': { visible: true, begin: (place) => cut(place, 60_000) },
  'the registry answers 500': registryFails(500),
  'the registry hangs': registryFails('hang'),
  'the disk is full': {
    visible: false,
    begin: ({ lab, server }) => lab.run('fill', server.name),
    repair: ({ lab, server }) => lab.run('unfill', server.name),
  },
  'docker system prune -af': {
    visible: false,
    begin: ({ lab, server }) => lab.run('in', server.name, 'docker', 'system', 'prune', '-af'),
  },
};
