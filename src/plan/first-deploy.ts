import type { ObservedHost } from '../model/host.ts';
import { hasDomains, mayRun, serviceNamesOf } from './host-queries.ts';
import { type Plan, type Step, step } from './plan.ts';
import { endTrafficSteps } from './recover.ts';

/**
 * Takes a first deploy that was cut short back, as one that fails is: nothing leads to it, its containers stop and are kept, so that their
 * logs can be read. Accessories, networks and volumes stay. Pure.
 * @returns `undefined` if a release was accepted on a host before, or there is nothing to take back
 */
export function planFirstDeployBack(hosts: readonly ObservedHost[]): Plan | undefined {
  if (hosts.some(({ accepted }) => accepted !== undefined)) return undefined;
  // Where records were lost, it may have served for long.
  if (hosts.some(({ releases }) => releases.some((each) => each.record === undefined && mayRun(each))))
    return undefined;
  const release = hosts.flatMap((host) => cutShort(host) ?? []).at(-1);
  const steps = hosts.map((host) => [host.host, stepsBack(host)] as const);
  if (release === undefined || steps.every(([, each]) => each.length === 0)) return undefined;
  return {
    release,
    hosts: new Map(steps.map(([host, recover]) => [host, recover.length === 0 ? {} : { recover }])),
    waves: [hosts.map(({ host }) => host)],
  };
}

/** The release that was deployed last. */
const cutShort = ({ releases }: ObservedHost) => releases.findLast(({ record }) => record !== undefined)?.id;

function stepsBack(host: ObservedHost): readonly Step[] {
  const { traffic, edge, frontRunning, releases } = host;
  const isOpen = releases.some(({ record }) => record !== undefined && hasDomains(record));
  // Domains open just before the first switch.
  const closed = isOpen && traffic === undefined ? [step({ kind: 'route-domains', release: undefined })] : [];
  const steps: readonly Step[] = [
    ...closed,
    ...endTrafficSteps(host),
    ...releases
      .filter(mayRun)
      .map((each) => step({ kind: 'stop-services', release: each.id, services: serviceNamesOf(each) })),
    ...(edge.state === 'absent' ? [] : [step({ kind: 'remove-edge' })]),
    ...(isOpen && frontRunning ? [step({ kind: 'remove-unused-front' })] : []),
  ];
  const release = cutShort(host);
  return steps.length === 0 || release === undefined
    ? steps
    : [...steps, step({ kind: 'record-rollback', release, previous: undefined })];
}
