import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ContainerSummary, ExecResult } from '../../src/engine/engine.ts';
import { LABEL, type Slot } from '../../src/model/app-environment.ts';
import type { CanaryComparison } from '../../src/rollout/canary-analysis.ts';
import type { HostContext } from '../../src/rollout/host-context.ts';
import {
  openMetricsSampler,
  recordCountersAtStart,
  recordCountersBeforeBalancing,
} from '../../src/rollout/metrics-sampler.ts';
import { releaseId } from '../support/identifiers.ts';
import { MemoryEngine } from './support/memory-engine.ts';
import { testHostContext } from './support/watched-engine.ts';

/** An engine with an edge whose counters are set by hand: requests and errors of each slot. */
class CountingEngine extends MemoryEngine {
  answers: Readonly<Record<Slot, readonly [count: number, errors: number]>> = { blue: [0, 0], green: [0, 0] };
  readable: boolean = true;
  execs = 0;

  override listContainers = (): Promise<readonly ContainerSummary[]> =>
    Promise.resolve([
      {
        ...{ id: 'edge', name: 'edge', state: 'running', imageId: '', ports: [], networks: [], volumes: [] },
        labels: { [LABEL.role]: 'edge', [LABEL.edge]: '' },
      },
    ]);

  override exec = (): Promise<ExecResult> => {
    this.execs += 1;
    if (!this.readable) return Promise.resolve({ exitCode: 1, stdout: '', stderr: 'wget: refused' });
    const lines = Object.entries(this.answers).flatMap(([slot, [count, errors]]) =>
      Object.entries({ count, errors, timed: count, seconds: count, 'in-flight': 0, ended: count }).map(
        ([name, value]) => `${slot} ${name} ${value}`,
      ),
    );
    return Promise.resolve({ exitCode: 0, stdout: ['edge started 1', ...lines].join('\n'), stderr: '' });
  };
}

let engine: CountingEngine;
let context: HostContext;

beforeEach(() => {
  engine = new CountingEngine();
  context = testHostContext(engine, new AbortController().signal);
});

/** The comparison of a bake of green, with the counters before and after it. */
async function bake(
  before: CountingEngine['answers'],
  after: CountingEngine['answers'],
): Promise<CanaryComparison> {
  const { signal } = context;
  engine.answers = before;
  const sampler = await openMetricsSampler(context, {
    ...{ release: releaseId('22222222'), slot: 'green', duration: 60_000 },
    baseline: { release: releaseId('11111111'), slot: 'blue' },
  });
  await sampler?.sample(signal);
  engine.answers = after;
  await sampler?.sample(signal);
  if (sampler?.comparison === undefined) throw new Error('nothing was counted');
  return sampler.comparison;
}

const figures = ({ own, other, before }: CanaryComparison): unknown =>
  [own.all, other?.all, ...(before ? [before] : [])].map((each) => each && [each.count, each.errors]);

describe('the baseline of a bake', () => {
  test('is what the old release answers meanwhile and has answered since the deploy began', async () => {
    engine.answers = { blue: [1000, 1], green: [70, 70] };
    await recordCountersAtStart(context);
    expect(
      figures(await bake({ blue: [1500, 2], green: [70, 70] }, { blue: [1510, 2], green: [170, 75] })),
    ).toEqual([
      [100, 5],
      [10, 0],
      [500, 1],
    ]);
  });

  test('ends after a rolling deploy at the first new replica that got requests', async () => {
    engine.answers = { blue: [1000, 1], green: [0, 0] };
    await recordCountersAtStart(context);
    engine.answers = { blue: [1500, 2], green: [0, 0] };
    await recordCountersBeforeBalancing(context);
    engine.answers = { blue: [1600, 40], green: [0, 0] };
    await recordCountersBeforeBalancing(context);
    expect(
      figures(await bake({ blue: [1700, 90], green: [0, 0] }, { blue: [1705, 95], green: [100, 5] })),
    ).toEqual([
      [100, 5],
      [0, 0],
      [500, 1],
    ]);
  });

  test('is nothing after a rolling deploy whose start was not counted', async () => {
    await recordCountersAtStart(context);
    engine.readable = false;
    await recordCountersBeforeBalancing(context);
    engine.readable = true;
    expect(
      figures(await bake({ blue: [1700, 90], green: [0, 0] }, { blue: [1705, 95], green: [100, 5] })),
    ).toEqual([
      [100, 5],
      [0, 0],
    ]);
  });
});

test('the counters are recorded once in a run', async () => {
  await recordCountersAtStart(context);
  await recordCountersAtStart(context);
  expect(engine.execs).toBe(1);
});

test('nothing is counted where no step compares anything', async () => {
  const idle = { ...context, comparesResponses: false };
  await recordCountersAtStart(idle);
  await recordCountersBeforeBalancing(idle);
  expect([engine.execs, idle.runState.countersAtStart, idle.runState.countersBeforeBalancing]).toEqual([
    0,
    undefined,
    undefined,
  ]);
});
