import type { ContainerSummary } from '../engine/engine.ts';
import { HostError } from '../model/errors.ts';
import type { ServiceName } from '../model/identifiers.ts';
import type { AccessoryCondition, Release } from '../model/release.ts';
import { dependenciesOf } from '../release/compose/service.ts';
import { awaitHealthy } from './await-healthy.ts';
import { serviceOf } from './compose-labels.ts';
import { serviceContainer } from './container-watcher.ts';
import { inspectAll } from './containers.ts';
import type { HostContext } from './host-context.ts';

type Condition = AccessoryCondition['condition'];

/** By service: what others of a release wait for, and whether they need it. */
export type AwaitedConditions = ReadonlyMap<
  ServiceName,
  ReadonlyMap<Condition, { readonly required: boolean }>
>;

/** What services wait for within a release. */
export function conditionsWithin(release: Release, services: readonly ServiceName[]): AwaitedConditions {
  const awaited = new Map<ServiceName, Map<Condition, { readonly required: boolean }>>();
  for (const name of services) {
    for (const [other, { condition, required }] of dependenciesOf(release.compose.services[name] ?? {})) {
      const own = awaited.get(other) ?? new Map<Condition, { readonly required: boolean }>();
      own.set(condition, { required: required || own.get(condition)?.required === true });
      awaited.set(other, own);
    }
  }
  return awaited;
}

/**
 * Waits for those of `replicas` that others wait for in this way. If these need it not, a failure is a warning.
 * @throws HostError with what it is not
 */
export async function awaitCondition(
  context: HostContext,
  release: Release,
  replicas: readonly ContainerSummary[],
  awaited: AwaitedConditions,
  condition: Condition,
): Promise<void> {
  const isAwaited = (each: ContainerSummary, required: boolean): boolean =>
    awaited.get(serviceOf(each) ?? '')?.get(condition)?.required === required;
  const wait = async (found: readonly ContainerSummary[]): Promise<void> => {
    if (found.length === 0) return;
    const expectations = (await inspectAll(context.engine, found)).map((container) => ({
      ...serviceContainer(release, container),
      ...(condition === 'service_completed_successfully' && { ending: 'always' as const }),
      ...{ probe: undefined, mustSettle: true },
    }));
    await awaitHealthy(context, expectations, release.health.timeout);
  };
  await wait(replicas.filter((each) => isAwaited(each, true)));
  for (const each of replicas.filter((one) => isAwaited(one, false))) {
    await wait([each]).catch((error: unknown) => {
      if (!(error instanceof HostError) || context.signal.aborted || context.engine.disconnected.aborted)
        throw error;
      context.log.warning(`${error.message} It is optional, so what waits for it starts without it.`);
    });
  }
}
