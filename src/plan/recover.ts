import type { ObservedRelease } from '../model/host.ts';
import type { ReleaseId, ServiceName } from '../model/release.ts';
import { answering, inRole, mayRun, servesWholly, serviceIsUp, servicesOf } from './situation.ts';
import { type Part, type Step, step } from './steps.ts';
import type { Stranded } from './stranded.ts';
import type { HostTask } from './task.ts';

/** Mends what an interrupted run left: traffic on a release that was never accepted, releases that run beside. */
export function recoverSteps(task: HostTask): readonly Step[] {
  const { stranded } = task;
  return stranded === undefined
    ? strays(task)
    : [...goBack(task, stranded), ...strays(task), ...workersBack(task, stranded)];
}

/** Releases that run, or could come back, and are neither the live nor the wanted one. */
function strays({ host, wanted, live }: HostTask): readonly Step[] {
  const spared = new Set<ReleaseId | undefined>([live?.id, wanted.release.id]);
  return host.releases
    .filter((release) => !spared.has(release.id) && mayRun(release))
    .map((stray) => stop(stray.id, servicesOf(stray)));
}

/**
 * All traffic to the good release, which is made whole first. What it lacks was stopped by a run that was interrupted; should
 * it not come up again, the good release has the traffic with what it has, so that the next run can replace it.
 */
function goBack({ wanted }: HostTask, { good, other, shared }: Stranded): readonly Step[] {
  const { id, slot, observed } = good;
  const down = [...new Set([...answering(observed), ...inRole(observed.record, 'exclusive')])].filter(
    (name) => !serviceIsUp(observed, name),
  );
  const exclusive = inRole(other.observed?.record, 'exclusive');
  const handedOver = inRole(observed.record, 'exclusive').some((name) => down.includes(name));
  const first = shared && !servesWholly(observed) && isCrowded(observed);
  const all = countsOf(other);
  return [
    ...(handedOver && exclusive.length > 0 ? [stop(other.id, exclusive)] : []),
    // What must not be more than so many at a time is stopped before the rest is started.
    ...(first
      ? [
          step({ kind: 'mix', release: id, slot, gone: {}, with: undefined }),
          step({ kind: 'drain', release: other.id, slot: other.slot, only: all }),
          stop(other.id, servicesOf(other.observed)),
        ]
      : []),
    ...(down.length > 0
      ? [
          step({ kind: 'start', release: id, slot, services: down, how: 'start' }),
          step({ kind: 'check', release: id, services: down, ...tolerating(good, down) }),
        ]
      : []),
    step({ kind: 'switch', release: id, slot }),
    ...(first
      ? []
      : [step({ kind: 'drain', release: other.id, slot: other.slot, ...(shared ? { only: all } : {}) })]),
    ...(other.id === wanted.release.id && !first ? lateOnesStop(other) : []),
  ];
}

/** What is to be handed over anew, if the other release is tried again. */
function lateOnesStop({ id, observed }: Stranded['other']): readonly Step[] {
  const late = inRole(observed?.record, 'exclusive', 'worker').filter((name) =>
    observed?.containers.some((container) => container.service === name && container.state !== 'exited'),
  );
  return late.length === 0 ? [] : [stop(id, late)];
}

/** Its workers, which were perhaps handed over already: a run that fails ends on the good release with all of them. */
function workersBack({ wanted }: HostTask, { good }: Stranded): readonly Step[] {
  const { id, slot, observed } = good;
  const down = inRole(observed.record, 'worker').filter((name) => !serviceIsUp(observed, name));
  if (down.length === 0 || id === wanted.release.id) return [];
  return [
    step({ kind: 'start', release: id, slot, services: down, how: 'start' }),
    step({ kind: 'check', release: id, services: down, ...tolerating(good, down) }),
  ];
}

const stop = (release: ReleaseId, services: readonly ServiceName[]): Step =>
  step({ kind: 'stop', release, services, evidence: false });

/** Whether some service may not run more than its number of replicas, while each has one that is up. */
function isCrowded(observed: ObservedRelease): boolean {
  const stopsFirst = Object.values(observed.record?.services ?? {}).some(
    ({ role, update }) => role !== 'worker' && role !== 'exclusive' && update?.order === 'stop-first',
  );
  return stopsFirst && answering(observed).every((name) => serviceIsUp(observed, name, 1));
}

/** How many replicas of each service there are. */
function countsOf({ observed }: Stranded['other']): Part {
  const counts = new Map<ServiceName, number>();
  for (const { service, number } of observed?.containers ?? [])
    counts.set(service, Math.max(number, counts.get(service) ?? 0));
  return Object.fromEntries(counts);
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
