/** What happens to a server, or on the way to it, while a run is at work there. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Lab, Server } from '../lab.ts';
import type { TestApp } from '../test-app.ts';

interface Place {
  readonly lab: Lab;
  readonly server: Server;
  readonly app: TestApp;
}

export interface ServerFault {
  readonly name: string;
  /** Visitors may notice it, whatever a deploy does. */
  readonly visible: boolean;
  readonly begin: (place: Place) => Promise<unknown>;
  /** What a person would do about it, before the next run. */
  readonly repair?: (place: Place) => Promise<unknown>;
}

const edgeOf = ({ app }: Place): string => `${app.name}-${app.environment}-edge`;

async function cut({ lab, server }: Place, milliseconds: number): Promise<void> {
  await lab.run('cut', server.name);
  await pause(milliseconds);
  await lab.run('heal', server.name);
}

export const SERVER_FAULTS: readonly ServerFault[] = [
  {
    name: 'dockerd restarts',
    visible: true,
    begin: async ({ lab, server }) => {
      await lab.run('engine-stop', server.name);
      await lab.run('engine-start', server.name);
    },
  },
  {
    name: 'dockerd is killed',
    visible: true,
    begin: ({ lab, server }) => lab.run('engine-kill', server.name),
  },
  {
    name: 'the server dies and comes back',
    visible: true,
    begin: async ({ lab, server }) => {
      await lab.run('kill', server.name);
      await lab.run('start', server.name);
    },
  },
  {
    name: 'the edge is killed',
    visible: true,
    begin: (place) => place.lab.run('in', place.server.name, 'docker', 'kill', edgeOf(place)),
  },
  {
    name: 'the edge is removed',
    visible: true,
    begin: (place) => place.lab.run('in', place.server.name, 'docker', 'rm', '-f', edgeOf(place)),
  },
  {
    name: 'sshd restarts',
    visible: false,
    begin: async ({ lab, server }) => {
      await lab.run('sshd-stop', server.name);
      await lab.run('sshd-start', server.name);
    },
  },
  { name: 'the network is cut for 6 s', visible: true, begin: (place) => cut(place, 6_000) },
  { name: 'the network is cut for 60 s', visible: true, begin: (place) => cut(place, 60_000) },
  {
    name: 'the disk is full',
    visible: false,
    begin: ({ lab, server }) => lab.run('fill', server.name),
    repair: ({ lab, server }) => lab.run('unfill', server.name),
  },
  {
    name: 'docker system prune -af',
    visible: false,
    begin: ({ lab, server }) => lab.run('in', server.name, 'docker', 'system', 'prune', '-af'),
  },
];

/** The stages in which they happen. */
export const FAULT_STAGES = ['pull', 'start', 'switch', 'final-check', 'retire'] as const;
export type FaultStage = (typeof FAULT_STAGES)[number];
