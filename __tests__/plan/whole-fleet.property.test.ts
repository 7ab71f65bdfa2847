import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { hostName } from '../support/identifiers.ts';
import { FleetSimulation, failingRun, fleetHistory, wholeRun } from './fleets.ts';
import { idOf } from './histories.ts';
import { observe, running } from './world.ts';

// Three hosts run thousands of steps.
jest.setTimeout(60_000);

describe('a fleet, after any history of runs that succeeded, failed or were killed anywhere, also during a rollback', () => {
  test('after every run that was not killed, all hosts serve one release and the report names it', async () => {
    await fc.assert(
      fc.asyncProperty(fleetHistory(4), failingRun, async (runs, last) => {
        const simulation = await new FleetSimulation().deployAll(runs);
        const { outcome, result, lost } = await simulation.deploy(last);
        if (outcome === undefined || result === undefined) throw new Error('the run was killed');
        if (outcome.kind === 'succeeded') {
          // A failure after `accept` is a warning, and the next run stops or removes what is left.
          expect(simulation.worlds.map((world) => observe(world).accepted)).toEqual(
            Array(3).fill(idOf(last)),
          );
          return;
        }
        const { served } = simulation;
        const reported = result.hosts.map(({ is, unknown }, index) => (unknown ? served[index] : is));
        expect(reported).toEqual(served);
        // If recovery fails, the host stays as it was found.
        if (outcome.failures.some(({ stage }) => stage === 'recover')) return;
        const reached = simulation.worlds.filter((_, index) => !lost.has(hostName(`ssh://${index}`)));
        expect(simulation.releasesWithTraffic(reached).length).toBeLessThanOrEqual(1);
        expect(reached.flatMap((world) => simulation.missingServices(world))).toEqual([]);
      }),
      { numRuns: 600 },
    );
  });

  test('after a successful run, all hosts run the desired release and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(fleetHistory(4), wholeRun, async (runs, last) => {
        const simulation = await new FleetSimulation().deployAll(runs);
        expect((await simulation.deploy(last)).outcome?.kind).toBe('succeeded');
        for (const world of simulation.worlds) {
          expect(observe(world).accepted).toBe(idOf(last));
          expect([...world.containers.keys()].filter((id) => running(world, id) > 0)).toEqual([idOf(last)]);
        }
        expect(simulation.served).toEqual(Array(3).fill(idOf(last)));
        expect([...(await simulation.deploy(last)).plan.hosts.values()]).toEqual([{}, {}, {}]);
      }),
      { numRuns: 400 },
    );
  });

  test('a working release is deployed although the accepted one can not be started any more', async () => {
    await fc.assert(
      fc.asyncProperty(fleetHistory(4), wholeRun, async (runs, last) => {
        const simulation = await new FleetSimulation().deployAll(runs);
        fc.pre(simulation.worlds.every((world) => observe(world).accepted !== idOf(last)));
        const { outcome } = await simulation.deploy({ ...last, breaksAccepted: true });
        expect(outcome?.kind).toBe('succeeded');
        expect(simulation.served).toEqual(Array(3).fill(idOf(last)));
      }),
      { numRuns: 400 },
    );
  });
});
