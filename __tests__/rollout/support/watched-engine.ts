import { jest } from '@jest/globals';
import type { ContainerSummary, Engine, ExecResult } from '../../../src/engine/engine.ts';
import { LABEL, type Slot } from '../../../src/model/app-environment.ts';
import { NO_RECORDS } from '../../../src/release/records.ts';
import type { HostContext } from '../../../src/rollout/host-context.ts';
import { KnownContainers } from '../../../src/rollout/known-containers.ts';
import { makeRelease } from '../../plan/world.ts';
import { releaseId } from '../../support/identifiers.ts';
import { details, MemoryEngine } from './memory-engine.ts';

export const RELEASE = makeRelease(
  releaseId('22222222'),
  { web: 'served', api: 'internal' },
  { details: { web: { replicas: 2 } } },
);

const labelsOf = (service: string, number: number): Record<string, string> => ({
  'com.docker.compose.service': service,
  'com.docker.compose.container-number': String(number),
});

/** An engine with a release of three containers, and an edge whose counters the test sets. */
export class WatchedEngine extends MemoryEngine {
  constructor() {
    super();
    for (const id of this.list) {
      const [service = '', number] = id.split('-');
      const networks = { blue: { ipv4: '10.0.0.2', endpoint: {} } };
      this.set({ ...details(), id, name: id, labels: labelsOf(service, Number(number)), networks });
    }
  }

  answers: Record<Slot, readonly number[]> = { blue: [0, 0], green: [0, 0] };
  /** Requests that wait for the release in green. */
  waiting = 0;
  /** The start time that the edge reports. */
  started = 1;
  execs = 0;
  unreadable: boolean = false;
  edge: boolean = true;

  list = ['web-1', 'web-2', 'api-1'];

  override listContainers = (labels: readonly string[]): Promise<readonly ContainerSummary[]> => {
    const isEdge = !labels.some((label) => label.startsWith(LABEL.release));
    const ids = isEdge ? (this.edge ? ['edge'] : []) : this.list;
    const found = ids.map((id) => {
      const [service = '', number] = id.split('-');
      return {
        id,
        name: id,
        labels: isEdge ? { [LABEL.role]: 'edge', [LABEL.edge]: '' } : labelsOf(service, Number(number)),
        state: 'running',
        ports: [],
        networks: [],
        ...(isEdge ? {} : { addresses: ['10.0.0.2'] }),
        imageId: '',
        volumes: [],
      };
    });
    return Promise.resolve(found);
  };

  /** What containers answer to a probe: a status code, or why there is none. */
  answer = '200';

  /** The requests in flight at the end of a drain, and how long it takes in milliseconds. */
  left = 0;
  drainTime = 600;

  override exec: Engine['exec'] = async (_, argv): Promise<ExecResult> => {
    if (argv.includes('drain')) {
      await new Promise((resolve) => setTimeout(resolve, this.drainTime));
      return { exitCode: 0, stdout: `${this.left}\n`, stderr: '' };
    }
    if (argv.includes('probe')) {
      const lines = argv
        .filter((each) => /^\w+-\d:\d+$/.test(each))
        .map((each) => `${each} ${this.answer}\n`);
      return { exitCode: 0, stdout: lines.join(''), stderr: '' };
    }
    this.execs += 1;
    if (this.unreadable) return { exitCode: 1, stdout: '', stderr: 'wget: refused' };
    const lines = Object.entries(this.answers).flatMap(
      ([slot, [count = 0, errors = 0, seconds = count / 100]]) => [
        `${slot} count ${count}`,
        `${slot} errors ${errors}`,
        `${slot} timed ${count}`,
        `${slot} seconds ${seconds}`,
        `${slot} in-flight ${slot === 'green' ? this.waiting : 0}`,
        `${slot} ended ${count}`,
      ],
    );
    return { exitCode: 0, stdout: `edge started ${this.started}\n${lines.join('\n')}\n`, stderr: '' };
  };
}

const ignore = (): undefined => undefined;

/** The context of actions on that engine. */
export function testHostContext(engine: HostContext['engine'], signal: AbortSignal): HostContext {
  return {
    engine,
    appEnvironment: { app: 'shop', environment: 'test' },
    releases: new Map([[RELEASE.id, RELEASE]]),
    confidential: new Map(),
    settings: {
      edgeImage: '',
      tcpEdgeImage: '',
      drainTimeout: 60_000,
      acme: { directory: undefined, email: undefined, ca: undefined },
    },
    run: () => Promise.reject(new Error('no program is run')),
    log: { info: ignore, notice: ignore, warning: ignore, debug: ignore },
    environment: {},
    pullRetry: { retryPolicy: { attempts: 1, firstWait: 0, longestWait: 0 } },
    lookUpLayers: () => Promise.resolve(undefined),
    comparesResponses: true,
    triggeredBy: { actor: undefined, runUrl: undefined },
    runStartedAt: 0,
    approval: undefined,
    fleetHosts: [],
    lock: { assertHeld: () => undefined, lost: () => undefined },
    desired: releaseId('22222222'),
    live: undefined,
    jobCancelled: false,
    signal,
    waitStatus: {},
    runState: {
      records: NO_RECORDS,
      watchResults: new Map(),
      pullResults: new Map(),
      imageNames: new Map(),
      interruptions: new Map(),
      stoppedContainers: new Map(),
      knownContainers: new KnownContainers(),
      foundImages: new Map(),
      healthyContainers: new Map(),
      answeredPorts: new Set(['web-1:80', 'web-2:80']),
      drainedReleases: new Set(),
    },
  };
}

/** Runs everything that needs no time. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 40; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
export const pass = async (milliseconds: number): Promise<void> => {
  for (let left = milliseconds; left > 0; left -= 500) {
    await settle();
    jest.advanceTimersByTime(Math.min(500, left));
  }
  await settle();
};
