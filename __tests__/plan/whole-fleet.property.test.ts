import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { FleetStory, failingRun, fleetHistory, wholeRun } from './fleets.ts';
import { idOf } from './histories.ts';
import { observe, running } from './world.ts';

// Three hosts have some thousand steps to take.
jest.setTimeout(60_000);

describe('a fleet, after any history of runs that succeeded, failed or were killed anywhere, also during a rollback', () => {
  test('after every run that was not killed, all hosts serve one release and the report names it', async () => {
    await fc.assert(
      fc.asyncProperty(fleetHistory(4), failingRun, async (history, last) => {
        const story = await new FleetStory().tell(history);
        const { outcome, ending, lost } = await story.deploy(last);
        if (outcome === undefined || ending === undefined) throw new Error('it was killed');
        if (outcome.kind === 'succeeded') {
          // What could not be stopped or cleared away then is a warning, and left to the next run.
          expect(story.worlds.map((world) => observe(world).accepted)).toEqual(Array(3).fill(idOf(last)));
          return;
        }
        const { served } = story;
        const told = ending.hosts.map(({ is, unknown }, index) => (unknown ? served[index] : is));
        expect(told).toEqual(served);
        // What is to be mended first and can't be is left as it was found.
        if (outcome.failures.some(({ stage }) => stage === 'recover')) return;
        const reached = story.worlds.filter((_, index) => !lost.has(`ssh://${index}`));
        expect(story.asked(reached).length).toBeLessThanOrEqual(1);
        expect(reached.flatMap((world) => story.lacking(world))).toEqual([]);
      }),
      { numRuns: 600 },
    );
  });

  test('after a successful run, all hosts run the desired release and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(fleetHistory(4), wholeRun, async (history, last) => {
        const story = await new FleetStory().tell(history);
        expect((await story.deploy(last)).outcome?.kind).toBe('succeeded');
        for (const world of story.worlds) {
          expect(observe(world).accepted).toBe(idOf(last));
          expect([...world.containers.keys()].filter((id) => running(world, id) > 0)).toEqual([idOf(last)]);
        }
        expect(story.served).toEqual(Array(3).fill(idOf(last)));
        expect([...(await story.deploy(last)).plan.hosts.values()]).toEqual([{}, {}, {}]);
      }),
      { numRuns: 400 },
    );
  });

  test('a working release is deployed although the accepted one can not be started any more', async () => {
    await fc.assert(
      fc.asyncProperty(fleetHistory(4), wholeRun, async (history, last) => {
        const story = await new FleetStory().tell(history);
        fc.pre(story.worlds.every((world) => observe(world).accepted !== idOf(last)));
        const { outcome } = await story.deploy({ ...last, spoils: true });
        expect(outcome?.kind).toBe('succeeded');
        expect(story.served).toEqual(Array(3).fill(idOf(last)));
      }),
      { numRuns: 400 },
    );
  });
});
