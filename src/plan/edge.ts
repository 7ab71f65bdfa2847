import { readAlike } from '../model/host.ts';
import { hasRoutes, wantsDomains } from './situation.ts';
import { type Action, type Step, step } from './steps.ts';
import type { HostTask } from './task.ts';
import { areAllIn, whatChanged } from './ways-in.ts';

/** The ways in from outside: the app's edge, the host's front, the domains. */

/** An edge or a front that is missing is made early, so that a taken port is found before anything else is done. */
export function edgeSteps(task: HostTask): readonly Step[] {
  const { host, wanted } = task;
  if (wanted.edge === undefined) return formerEdge(task);
  const front =
    wantsDomains(wanted.release) && !host.front
      ? [step({ kind: 'front', release: wanted.release.id }, { kind: 'remove-unused-front' })]
      : [];
  return [...formerEdge(task), ...front, ...earlyEdge(task)];
}

/** What serves is asked at its own ports, until it is replaced: an interrupted run got as far as to change them. */
function formerEdge({ edgeBack }: HostTask): readonly Step[] {
  if (edgeBack === undefined) return [];
  const reason = 'an interrupted run has replaced it';
  return [step({ kind: 'edge', change: 'replace', release: edgeBack, reason })];
}

function earlyEdge(task: HostTask): readonly Step[] {
  const { host, live } = task;
  if (host.edge.state === 'absent') {
    // Files outlive their edge.
    const forgets = host.traffic === undefined ? { forgets: true as const } : {};
    if (hasRoutes(live)) return [step({ ...change(task, 'create', 'the edge is gone'), ...forgets })];
    const reason = live === undefined ? 'first deploy' : 'first published port';
    return [step({ ...change(task, 'create', reason), ...forgets }, { kind: 'remove-edge' })];
  }
  const starts = host.edge.state === 'stopped' && host.edge.fingerprint === task.wanted.edge;
  return starts ? [step(change(task, 'start', 'the edge was stopped'))] : [];
}

/** Makes exactly the wanted release's ports and domains lead here; belongs right before the switch. */
export function openRoutes(task: HostTask): readonly Step[] {
  return [...changedPorts(task), ...domainSteps(task)];
}

/** An edge for other ports is replaced as late as can be: the old release is served by the former one. */
function changedPorts(task: HostTask): readonly Step[] {
  const { host, wanted, previous } = task;
  if (wanted.edge === undefined || host.edge.state === 'absent' || host.edge.fingerprint === wanted.edge) {
    return [];
  }
  const replace = change(task, 'replace', whyReplaced(task));
  if (previous === undefined || !hasRoutes(previous)) return [step(replace)];
  return [step(replace, { ...replace, release: previous.id, reason: 'as it was before' })];
}

/** For the plan: what is other than in the edge that there is, as far as that is known. */
function whyReplaced(task: HostTask): string {
  const old = task.previous?.observed?.record;
  if (isOfAnotherVersion(task)) return ANOTHER_VERSION;
  return (old && whatChanged(old, task.wanted.release)) ?? 'it was made for other ways in';
}

const ANOTHER_VERSION = 'another version of Sealift made it';

/** Such an edge may read other files than are written now. */
function isOfAnotherVersion({ host, wanted }: HostTask): boolean {
  const { edge } = host;
  return edge.state !== 'absent' && wanted.edge !== undefined && !readAlike(edge.fingerprint, wanted.edge);
}

/** Whether the edge that there is goes on leading to releases until the switch. */
export function edgeLeadsOn({ host, wanted }: HostTask): boolean {
  const { edge } = host;
  if (wanted.edge === undefined || edge.state === 'absent') return false;
  return edge.state === 'running' || edge.fingerprint === wanted.edge;
}

/** Why the edge that there is can't lead to the old and the new release alike; `undefined` if it can. */
export function whyNotBoth(task: HostTask): string | undefined {
  const old = task.previous?.observed?.record;
  if (!edgeLeadsOn(task)) return 'the edge does not run';
  if (isOfAnotherVersion(task)) return `the edge is replaced, since ${ANOTHER_VERSION}`;
  if (old === undefined) return 'the ways in of the old release are not known';
  return areAllIn(old, task.wanted.release)
    ? undefined
    : 'the ways in have changed, so no edge can lead to both releases';
}

function domainSteps({ host, wanted, live, previous }: HostTask): readonly Step[] {
  const { release } = wanted;
  const traffic = host.releases.find(({ id }) => id === host.traffic?.release)?.record;
  const records = [release, live?.observed?.record, traffic];
  if (!records.some((record) => record !== undefined && wantsDomains(record))) return [];
  const before = live?.id === release.id ? release.id : previous?.observed?.record?.id;
  return [step({ kind: 'domains', release: release.id }, { kind: 'domains', release: before })];
}

function change(
  { wanted }: HostTask,
  kind: 'create' | 'start' | 'replace',
  reason: string,
): Action & { readonly kind: 'edge' } {
  return { kind: 'edge', change: kind, release: wanted.release.id, reason };
}
