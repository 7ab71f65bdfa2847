import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Release, ReleasedService, ReleaseId, ServiceName } from '../../src/model/release.ts';
import { idOf, type Run, rolesOf, run, Story, sharedRun, whole } from './histories.ts';
import { asked, emptyWorld, running } from './world.ts';

const history = fc.array(run, { maxLength: 5 });
const beside = fc.constantFrom('blue-green' as const, 'rolling' as const, 'canary' as const);

/** Whether each request is answered: every list that is asked has a container for each way in, and all of them run. */
function isAnswered(story: Story): boolean {
  const lists = asked(story.world);
  return (
    lists.length > 0 &&
    lists.every(({ release, addresses }) =>
      (story.releases.get(release)?.routes ?? [{ service: '' }]).every(({ service }) => {
        const containers = addresses.get(service) ?? [];
        return containers.length > 0 && containers.every((each) => each.running);
      }),
    )
  );
}

/** Whether a release is asked at something that can't stand twice: nobody promises that it answers all the time. */
const isAlone = (release: Release | undefined): boolean =>
  (release?.routes ?? []).some(({ service }) => release?.services[service]?.role === 'exclusive');

/** Releases that run side by side, after any history. */
describe('after every step of a plan and of its undo', () => {
  test('every request is answered by a running container, if it was so before', () => {
    fc.assert(
      fc.property(history, sharedRun, beside, (before, last, strategy) => {
        const story = new Story(emptyWorld(), before);
        const alone = asked(story.world).some(({ release }) => isAlone(story.releases.get(release)));
        fc.pre(isAnswered(story) && !alone && !isAlone(story.releases.get(story.accepted ?? '')));
        story.deploy({ ...last, strategy }, (action, stage, undo) => {
          expect([stage, undo, action, isAnswered(story)]).toEqual([stage, undo, action, true]);
        });
      }),
      { numRuns: 1000 },
    );
  });

  test('blue-green: exactly one complete release serves', () => {
    fc.assert(
      fc.property(history, sharedRun, (before, last) => {
        const story = new Story(emptyWorld(), before);
        const { serving } = story;
        fc.pre(serving !== undefined && isAnswered(story));
        story.deploy({ ...last, strategy: 'blue-green' }, (action) => {
          expect([action, story.serving]).not.toEqual([action, undefined]);
        });
      }),
      { numRuns: 600 },
    );
  });

  test('canary: one or two complete releases serve, and the share of the new one only grows', () => {
    fc.assert(
      fc.property(history, sharedRun, (before, last) => {
        const story = new Story(emptyWorld(), before);
        const { serving } = story;
        fc.pre(serving !== undefined && isAnswered(story));
        let share = 0;
        let others: ReleaseId | undefined = serving;
        story.deploy({ ...last, strategy: 'canary' }, (action, stage, undo) => {
          // What a killed run had moved to without accepting it is left first.
          if (stage === 'recover') others = story.serving;
          const lists = asked(story.world);
          const parts = lists.map(({ release }) => story.stands(release, 'served', 'internal'));
          expect([action, parts]).toEqual([action, lists.map(() => true)]);
          const { split } = story.world;
          if (split === undefined || !('canary' in split) || undo) return;
          expect(lists.map(({ release }) => release)).toEqual([idOf(last), others]);
          expect(split.share).toBeGreaterThanOrEqual(share);
          share = split.share;
        });
        if (last.cut === undefined && idOf(last) !== serving) expect(share).toBeLessThan(1);
      }),
      { numRuns: 600 },
    );
  });
});

describe('rolling', () => {
  interface Rolled extends ReleasedService {
    readonly before: number;
  }

  /** Services that are in both releases and can stand twice. */
  function rolledBetween(old: Release, next: Release): readonly Rolled[] {
    return Object.values(next.services).flatMap((service) => {
      const before = old.services[service.name];
      return before !== undefined && service.role !== 'exclusive' && before.role === service.role
        ? [{ ...service, before: before.replicas }]
        : [];
    });
  }

  const asks = (story: Story, service: ServiceName): number =>
    asked(story.world).flatMap(({ addresses }) => addresses.get(service) ?? []).length;

  /** Both releases' running containers of a service. */
  const both = (story: Story, ids: readonly ReleaseId[], service: ServiceName): number =>
    ids.reduce((sum, id) => sum + running(story.world, id, service), 0);

  /** Deploys one release wholly and another on top of it, and looks after every step forwards. */
  function roll(
    first: Run,
    last: Run,
    look: (story: Story, rolled: Rolled, total: number, got: number) => void,
  ): void {
    const story = new Story(emptyWorld(), [whole(first)]);
    const ids = [idOf(first), idOf(last)];
    fc.pre(ids[0] !== ids[1]);
    const old = story.releases.get(idOf(first));
    story.deploy({ ...last, strategy: 'rolling' }, (_, stage, undo) => {
      const next = story.releases.get(idOf(last));
      if (undo || old === undefined || next === undefined || stage === 'retire') return;
      for (const rolled of rolledBetween(old, next)) {
        const isRouted = next.routes.some(({ service }) => service === rolled.name);
        const total = both(story, ids, rolled.name);
        look(story, rolled, total, isRouted ? asks(story, rolled.name) : total);
      }
    });
  }

  test('start-first: at least as many replicas get requests as before or after the deploy', () => {
    fc.assert(
      fc.property(sharedRun, sharedRun, (first, last) => {
        roll(first, last, (_, { update, before, replicas, role }, __, got) => {
          if (update?.order === 'stop-first' || role === 'worker') return;
          expect(got).toBeGreaterThanOrEqual(Math.min(before, replicas));
        });
      }),
      { numRuns: 600 },
    );
  });

  test('stop-first: at most as many replicas run as before or after, and only one batch of them is missing', () => {
    fc.assert(
      fc.property(run, run, (first, last) => {
        roll(first, last, (_, { update, before, replicas, role }, total, got) => {
          // One alone makes room for nobody without a gap.
          if (update?.order !== 'stop-first' || Math.max(before, replicas) === 1) return;
          expect(total).toBeLessThanOrEqual(Math.max(before, replicas));
          if (role === 'worker') return;
          const size = update.parallelism === 0 ? Number.POSITIVE_INFINITY : update.parallelism;
          expect(got).toBeGreaterThanOrEqual(Math.max(1, Math.min(before, replicas) - size));
        });
      }),
      { numRuns: 600 },
    );
  });

  test('neither release gets more requests than its replicas of every service are enough for', () => {
    fc.assert(
      fc.property(sharedRun, sharedRun, (first, last) => {
        roll(first, last, (story, { name, update, before, replicas, role }) => {
          if (role === 'worker') return;
          const [list] = asked(story.world);
          // Where all requests go to one of them, the other is asked for nothing.
          const part = list?.release === idOf(last) ? 1 : (list?.share ?? 0);
          const [old, fresh] = [
            running(story.world, idOf(first), name),
            running(story.world, idOf(last), name),
          ];
          if (update?.order === 'stop-first') {
            if (part < 1) expect(old).toBeGreaterThan(0);
            if (part > 0) expect(fresh).toBeGreaterThan(0);
            return;
          }
          expect(fresh).toBeGreaterThanOrEqual(part * replicas - 1e-9);
          expect(old).toBeGreaterThanOrEqual((1 - part) * before - 1e-9);
        });
      }),
      { numRuns: 1000 },
    );
  });

  test('start-first: a replica of the old release runs until the new one is accepted', () => {
    fc.assert(
      fc.property(sharedRun, sharedRun, (first, last) => {
        const story = new Story(emptyWorld(), [whole(first)]);
        fc.pre(idOf(first) !== idOf(last) && last.update?.order !== 'stop-first');
        story.deploy({ ...last, strategy: 'rolling' }, () => {
          if (story.accepted !== idOf(first)) return;
          expect(running(story.world, idOf(first), 'web')).toBeGreaterThan(0);
        });
        expect(rolesOf(first)['web']).toBe('served');
      }),
      { numRuns: 300 },
    );
  });
});
