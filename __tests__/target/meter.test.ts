import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ContainerSummary, ExecResult } from '../../src/engine/engine.ts';
import { LABEL, type Slot } from '../../src/model/release.ts';
import { noteCounters, noteMix, openMeter } from '../../src/target/meter.ts';
import type { Comparison } from '../../src/target/verdict.ts';
import type { Work } from '../../src/target/work.ts';
import { MemoryEngine } from './support/engine.ts';
import { workOn } from './support/watched.ts';

/** An engine with an edge whose counters are set by hand: requests and errors of each slot. */
class CountingEngine extends MemoryEngine {
  answers: Readonly<Record<Slot, readonly [count: number, errors: number]>> = { blue: [0, 0], green: [0, 0] };
  tells: boolean = true;
  looks = 0;

  override listContainers = (): Promise<readonly ContainerSummary[]> =>
    Promise.resolve([
      {
        ...{ id: 'edge', name: 'edge', imageId: '', state: 'running', ports: [], networks: [] },
        labels: { [LABEL.role]: 'edge', [LABEL.edge]: '' },
      },
    ]);

  override exec = (): Promise<ExecResult> => {
    this.looks += 1;
    if (!this.tells) return Promise.resolve({ exitCode: 1, stdout: '', stderr: 'wget: refused' });
    const lines = Object.entries(this.answers).flatMap(([slot, [count, errors]]) =>
      Object.entries({ count, errors, timed: count, seconds: count, 'in-flight': 0 }).map(
        ([name, value]) => `${slot} ${name} ${value}`,
      ),
    );
    return Promise.resolve({ exitCode: 0, stdout: ['edge started 1', ...lines].join('\n'), stderr: '' });
  };
}

let engine: CountingEngine;
let work: Work;

beforeEach(() => {
  engine = new CountingEngine();
  work = workOn(engine, new AbortController().signal);
});

/** What a bake of the release in green finds that answers so many requests while both slots have so many. */
async function bake(
  before: CountingEngine['answers'],
  after: CountingEngine['answers'],
): Promise<Comparison> {
  const { signal } = work;
  engine.answers = before;
  const meter = await openMeter(work, {
    ...{ release: '22222222', slot: 'green', for: 60_000 },
    against: { release: '11111111', slot: 'blue' },
  });
  await meter?.look(signal);
  engine.answers = after;
  await meter?.look(signal);
  if (meter?.comparison === undefined) throw new Error('nothing was counted');
  return meter.comparison;
}

const figures = ({ own, other, before }: Comparison): unknown =>
  [own.all, other?.all, ...before].map((each) => each && [each.count, each.errors]);

describe('what a release that bakes is compared with', () => {
  test('is what the old one answers meanwhile, and what it has answered since the deploy began', async () => {
    engine.answers = { blue: [1000, 1], green: [70, 70] };
    await noteCounters(work);
    expect(
      figures(await bake({ blue: [1500, 2], green: [70, 70] }, { blue: [1510, 2], green: [170, 75] })),
    ).toEqual([
      [100, 5],
      [10, 0],
      [500, 1],
    ]);
  });

  test('after a roll is what it answered until the first new replica was asked by its list', async () => {
    engine.answers = { blue: [1000, 1], green: [0, 0] };
    await noteCounters(work);
    engine.answers = { blue: [1500, 2], green: [0, 0] };
    await noteMix(work);
    engine.answers = { blue: [1600, 40], green: [0, 0] };
    await noteMix(work);
    expect(
      figures(await bake({ blue: [1700, 90], green: [0, 0] }, { blue: [1705, 95], green: [100, 5] })),
    ).toEqual([
      [100, 5],
      [0, 0],
      [500, 1],
    ]);
  });

  test('after a roll whose begin nobody counted is nothing', async () => {
    await noteCounters(work);
    engine.tells = false;
    await noteMix(work);
    engine.tells = true;
    expect(
      figures(await bake({ blue: [1700, 90], green: [0, 0] }, { blue: [1705, 95], green: [100, 5] })),
    ).toEqual([
      [100, 5],
      [0, 0],
    ]);
  });
});

test('counters are noted once in a run', async () => {
  await noteCounters(work);
  await noteCounters(work);
  expect(engine.looks).toBe(1);
});
