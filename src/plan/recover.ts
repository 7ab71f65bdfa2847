import type { ObservedHost, ObservedRelease } from '../model/host.ts';
import { otherSlot, type ReleaseId, type ServiceName } from '../model/release.ts';
import { pruneFailed } from './failed.ts';
import {
  answering,
  hasAllContainers,
  hasContainer,
  inRole,
  mayRun,
  servesWholly,
  serviceIsUp,
  servicesOf,
  wantsDomains,
} from './situation.ts';
import { because, type Part, type Step, step } from './steps.ts';
import { canBeAsked, isLeftOut, type Rival, type Stranded } from './stranded.ts';
import type { HostTask } from './task.ts';

/**
 * Mends what an interrupted run left: a history that says otherwise than the fleet's, traffic on a release that was never
 * accepted, releases that run beside. Then tries that failed long ago make room.
 */
export function recoverSteps(task: HostTask): readonly Step[] {
  const { amends, givesWay } = task;
  return [...amends, ...(givesWay ? giveWay(task) : mend(task)), ...pruneFailed(task)];
}

function mend(task: HostTask): readonly Step[] {
  const { stranded } = task;
  if (stranded === undefined) return strays(task, task.wanted.release.id);
  const { good, other } = stranded;
  return other === undefined
    ? [...strays(task, undefined), ...upAgain(task, good), ...workersBack(task, good)]
    : [...goBack(task, stranded, other), ...strays(task, task.wanted.release.id), ...workersBack(task, good)];
}

/** What was accepted takes the place of what runs, which may not stand beside it; nothing does, where nothing was. */
function giveWay({ host, stranded, traffic }: HostTask): readonly Step[] {
  const others = host.releases.filter((release) => release.id !== host.accepted && mayRun(release));
  const stops = because(
    'not every host serves it',
    'stop',
    others.map((release) => stop(release.id, servicesOf(release))),
  );
  if (stranded === undefined) return [...closeUp(host), ...stops];
  const { good } = stranded;
  const workers = inRole(good.observed.record, 'worker');
  return [
    ...stops,
    ...startDown(good, downOf(good)),
    ...(traffic === undefined ? [] : [step({ kind: 'switch', ...traffic })]),
    ...startDown(
      good,
      workers.filter((name) => !serviceIsUp(good.observed, name)),
    ),
  ];
}

/** Takes what was never accepted off the net. */
function closeUp({ traffic, releases }: ObservedHost): readonly Step[] {
  if (traffic === undefined) return [];
  const { slot, release, shared } = traffic;
  const slots = shared === undefined ? [slot] : [otherSlot(slot), slot];
  const record = releases.find(({ id }) => id === release)?.record;
  const open = record !== undefined && wantsDomains(record);
  return [
    ...(open ? [step({ kind: 'domains', release: undefined })] : []),
    ...slots.map((each) => step({ kind: 'clear', slot: each })),
    step({ kind: 'drain', release, slot }),
  ];
}

/** Releases that run, or could come back, and are neither the live one nor the one that is spared. */
function strays({ host, live }: HostTask, spared: ReleaseId | undefined): readonly Step[] {
  return host.releases
    .filter((release) => release.id !== live?.id && release.id !== spared && mayRun(release))
    .map((stray) => stop(stray.id, servicesOf(stray)));
}

/** What was stopped of the release that serves runs again, before it is replaced by whatever is wanted now. */
function upAgain({ host, wanted, traffic }: HostTask, good: Stranded['good']): readonly Step[] {
  const down = downOf(good);
  if (isMadeAnew(wanted.release.id, good) || (down.length === 0 && !isLeftOut(host, good.observed)))
    return [];
  const asked = host.edge.state === 'running' && traffic !== undefined && canBeAsked(good.observed);
  return [
    ...startDown(good, down),
    ...(asked ? [step({ kind: 'switch', release: good.id, slot: good.slot })] : []),
  ];
}

/**
 * All traffic to the good release, which is made whole first. What it lacks was stopped by a run that was interrupted; should
 * it not come up again, the good release has the traffic with what it has, so that the next run can replace it.
 */
function goBack({ wanted }: HostTask, { good, shared }: Stranded, other: Rival): readonly Step[] {
  const { id, slot, observed } = good;
  const down = downOf(good);
  const exclusive = inRole(other.observed?.record, 'exclusive');
  const handedOver = inRole(observed.record, 'exclusive').some((name) => down.includes(name));
  const crowded = shared && !servesWholly(observed) && isCrowded(observed);
  return [
    ...(handedOver && exclusive.length > 0 ? [stop(other.id, exclusive)] : []),
    // What must not be more than so many at a time is stopped before the rest is started.
    ...(crowded
      ? [
          step({ kind: 'mix', release: id, slot, gone: {}, share: 0, with: undefined }),
          drain(other),
          stop(other.id, servicesOf(other.observed)),
        ]
      : []),
    ...startDown(good, down),
    step({ kind: 'switch', release: id, slot }),
    ...(crowded ? [] : [drain(other)]),
    ...(other.id === wanted.release.id && !crowded ? lateOnesStop(other) : []),
  ];
}

/** What answers requests or can't stand twice, and is not up. */
function downOf({ observed }: Stranded['good']): readonly ServiceName[] {
  const names = new Set([...answering(observed), ...inRole(observed.record, 'exclusive')]);
  return [...names].filter((name) => !serviceIsUp(observed, name));
}

function startDown(good: Stranded['good'], down: readonly ServiceName[]): readonly Step[] {
  const { id: release, slot, observed } = good;
  // It was tried, and did not come up: what there is of it has to do.
  if (observed.refused) return [];
  const services = down.filter((name) => hasContainer(observed, name));
  if (services.length === 0) return [];
  return [
    step({ kind: 'start', release, slot, services, how: 'start' }),
    step({ kind: 'check', release, services, ...tolerating(good, services) }),
  ];
}

/** What is to be handed over anew, if the other release is tried again. */
function lateOnesStop({ id, observed }: Rival): readonly Step[] {
  const late = inRole(observed?.record, 'exclusive', 'worker').filter((name) =>
    observed?.containers.some((container) => container.service === name && container.state !== 'exited'),
  );
  return late.length === 0 ? [] : [stop(id, late)];
}

/** Its workers, which were perhaps handed over already: a run that fails ends on the good release with all of them. */
function workersBack({ wanted }: HostTask, good: Stranded['good']): readonly Step[] {
  const down = inRole(good.observed.record, 'worker').filter((name) => !serviceIsUp(good.observed, name));
  return isMadeAnew(wanted.release.id, good) ? [] : startDown(good, down);
}

/** What is itself wanted and lacks containers is made whole by the plan: starting is not enough. */
const isMadeAnew = (wanted: ReleaseId, { id, observed }: Stranded['good']): boolean =>
  id === wanted && !hasAllContainers(observed);

const drain = ({ id, slot }: Rival): Step => step({ kind: 'drain', release: id, slot });

const stop = (release: ReleaseId, services: readonly ServiceName[]): Step =>
  step({ kind: 'stop', release, services, evidence: false });

/** Whether some service may not run more than its number of replicas, while each has one that is up. */
function isCrowded(observed: ObservedRelease): boolean {
  const stopsFirst = Object.values(observed.record?.services ?? {}).some(
    ({ role, update }) => role !== 'worker' && role !== 'exclusive' && update?.order === 'stop-first',
  );
  return stopsFirst && answering(observed).every((name) => serviceIsUp(observed, name, 1));
}

/** As many as are missing may go on missing, but not all. */
function tolerating(
  { observed }: Stranded['good'],
  services: readonly ServiceName[],
): { readonly tolerate?: Part } {
  const lenient = services.flatMap((name) => {
    const replicas = observed.record?.services[name]?.replicas ?? 1;
    const up = observed.containers.filter((each) => each.service === name && each.state === 'running').length;
    const most = Math.min(replicas - up, replicas - 1);
    return most > 0 ? [[name, most] as const] : [];
  });
  return lenient.length > 0 ? { tolerate: Object.fromEntries(lenient) } : {};
}
