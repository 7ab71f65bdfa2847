import { HostError, messageWithoutHost } from '../model/errors.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { asObject, asText } from '../model/json.ts';
import type { AccessoryCondition, Ending, Release } from '../model/release.ts';
import { proxiesOf } from '../plan/proxies.ts';
import { dependenciesOf } from '../release/compose/service.ts';
import { listAccessories } from './accessory-containers.ts';
import { awaitHealthy, type HealthExpectation } from './await-healthy.ts';
import { serviceOf } from './compose-labels.ts';
import { hasHealthcheck } from './container-health.ts';
import { inspectAll } from './containers.ts';
import { lastLogLines } from './evidence.ts';
import type { HostContext } from './host-context.ts';

/**
 * Waits for what the release and other accessories ask of accessories that this run has started, for the end of those that end,
 * and for proxies, without which nobody reaches the release. One that only optional dependencies ask for may fail: then the log
 * has a warning.
 * @returns whether one of them has a HEALTHCHECK, so that it serves only from now on
 */
export async function awaitAccessories(
  context: HostContext,
  release: Release,
  names: readonly ServiceName[],
  areReplaced = false,
): Promise<boolean> {
  const proxies = proxiesOf(release);
  const started = names.filter((name) => areReplaced || proxies.includes(name) || isWaitedFor(release, name));
  if (started.length === 0) return false;
  const expectations: HealthExpectation[] = [];
  for (const container of await inspectAll(context.engine, await listAccessories(context))) {
    const service = serviceOf(container) ?? '';
    if (!started.includes(service)) continue;
    const ending = endingOfAccessory(release, service);
    const staysUp = hasHealthcheck(container) || isLongRunning(release, service);
    const isProxy = proxies.includes(service);
    if (!isWaitedFor(release, service) && !staysUp && !isProxy) continue;
    const isUrgent = areReplaced && isProxy;
    expectations.push({ container, service, ending, probe: undefined, mustSettle: true, isUrgent });
  }
  const isOptional = ({ service }: HealthExpectation): boolean => {
    const awaited = awaitedConditions(release, service);
    return awaited.length > 0 && awaited.every(({ optional }) => optional);
  };
  await awaitAll(
    context,
    release,
    expectations.filter((each) => !isOptional(each)),
  );
  for (const each of expectations.filter(isOptional)) {
    await awaitAll(context, release, [each]).catch((error: unknown) => {
      if (!(error instanceof HostError) || context.signal.aborted) throw error;
      context.log.warning(`${error.message} It is optional, so the release starts without it.`);
    });
  }
  return expectations.some(({ container }) => hasHealthcheck(container));
}

async function awaitAll(
  context: HostContext,
  release: Release,
  expectations: readonly HealthExpectation[],
): Promise<void> {
  if (expectations.length === 0) return;
  try {
    await awaitHealthy(context, expectations, release.health.timeout);
  } catch (error) {
    if (!(error instanceof HostError) || context.engine.disconnected.aborted) throw error;
    const { host } = context.engine;
    const evidence = await failureLines(context, expectations);
    throw new HostError(host, messageWithoutHost(host, error), { evidence, cause: error });
  }
}

/** The last lines of those that ended with another exit code than 0. The release's own containers are reported elsewhere. */
async function failureLines(
  context: HostContext,
  expectations: readonly HealthExpectation[],
): Promise<readonly string[]> {
  const now = await inspectAll(
    context.engine,
    expectations.map(({ container }) => container),
  );
  const failed = now.filter(({ state, exitCode }) => state !== 'running' && exitCode !== 0);
  const lines = await Promise.all(failed.map(({ id }) => lastLogLines(context, id)));
  return lines.flat();
}

/** Whether something starts only when an accessory is healthy or has ended. */
const isWaitedFor = (release: Release, name: ServiceName): boolean =>
  endingOfAccessory(release, name) === 'always' || awaitedConditions(release, name).length > 0;

function endingOfAccessory(release: Release, name: ServiceName): Ending {
  const completes = awaitedConditions(release, name).some(
    ({ condition }) => condition === 'service_completed_successfully',
  );
  return completes ? 'always' : (release.accessoryEndings?.[name] ?? 'never');
}

/** What services of the release and other accessories wait for, beyond its start. */
function awaitedConditions(
  { conditions, base }: Release,
  name: ServiceName,
): readonly { readonly condition: AccessoryCondition['condition']; readonly optional: boolean }[] {
  const ofRelease = conditions
    .filter(({ service }) => service === name)
    .map(({ condition, optional = false }) => ({ condition, optional }));
  const ofAccessories = Object.values(base.services).flatMap((service) => {
    const dependency = dependenciesOf(service).get(name);
    return dependency === undefined
      ? []
      : [{ condition: dependency.condition, optional: !dependency.required }];
  });
  return [...ofRelease, ...ofAccessories].filter(({ condition }) => condition !== 'service_started');
}

/** Whether an accessory should keep running. One without a restart policy may be a job that ends. */
function isLongRunning({ base }: Release, name: ServiceName): boolean {
  const restart = asText(asObject(base.services[name])['restart']);
  return restart === 'always' || restart === 'unless-stopped';
}
