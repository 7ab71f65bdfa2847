import { connect } from '../engine/connect.ts';
import type { Engine } from '../engine/engine.ts';
import { SealiftError } from '../model/errors.ts';
import type { HostAddress, HostName } from '../model/host-address.ts';
import type { AppEnvironment } from '../model/release.ts';
import type { DeploymentTarget } from '../model/request.ts';
import type { Tools } from '../model/tools.ts';
import { type HostObservation, observeHost } from './observe-host.ts';

/** The hosts of an environment, connected. */
export interface Fleet {
  readonly engines: readonly Engine[];
  /** Connects again where a connection was lost meanwhile, a long build for instance. */
  reconnect(): Promise<Fleet>;
  observe(appEnvironment: AppEnvironment): Promise<readonly HostObservation[]>;
  close(): Promise<void>;
}

/**
 * Connects to all hosts at once.
 * @throws the first host's error when only one fails, else one error that names them all; no connection stays open.
 */
export async function openFleet(target: DeploymentTarget, tools: Tools): Promise<Fleet> {
  const engines = await onEveryHost(
    target.hosts,
    (address) => connect(address, target.access, tools),
    closeEngines,
  );
  return createFleet(target, tools, engines);
}

/** Hosts as they are found, and those that can't be. */
export interface FleetSurvey {
  readonly observations: readonly HostObservation[];
  readonly failures: readonly { readonly host: HostName; readonly error: unknown }[];
}

/** Looks at every host for itself: one that can't be reached hides no other. No connection stays open. */
export async function surveyHosts(target: DeploymentTarget, tools: Tools): Promise<FleetSurvey> {
  const results = await Promise.allSettled(
    target.hosts.map(async (address) => {
      const engine = await connect(address, target.access, tools);
      try {
        return await observeHost(engine, target);
      } finally {
        await engine.close();
      }
    }),
  );
  return {
    observations: results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
    failures: target.hosts.flatMap(({ name }, index) => {
      const result = results[index];
      return result?.status === 'rejected' ? [{ host: name, error: result.reason as unknown }] : [];
    }),
  };
}

function createFleet(target: DeploymentTarget, tools: Tools, engines: readonly Engine[]): Fleet {
  return {
    engines,
    observe: (appEnvironment) => onEveryHost(engines, (engine) => observeHost(engine, appEnvironment)),
    close: () => closeEngines(engines),
    reconnect: async () => {
      if (!engines.some((engine) => engine.disconnected.aborted)) return createFleet(target, tools, engines);
      await closeEngines(engines);
      return openFleet(target, tools);
    },
  };
}

async function closeEngines(engines: readonly Engine[]): Promise<void> {
  await Promise.allSettled(engines.map((engine) => engine.close()));
}

/** Does something to every host and reports every failure, not only the first. */
async function onEveryHost<Item extends Engine | HostAddress, Result>(
  items: readonly Item[],
  what: (item: Item) => Promise<Result>,
  cleanUp?: (results: readonly Result[]) => Promise<void>,
): Promise<readonly Result[]> {
  const settled = await Promise.allSettled(items.map(what));
  const failures = settled.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  const results = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (failures.length === 0) return results;
  await cleanUp?.(results);
  if (failures.length === 1) throw failures[0];
  const errors = failures.map((failure) =>
    failure instanceof Error ? failure : new SealiftError(String(failure)),
  );
  throw new SealiftError(
    `${errors.length} of ${items.length} hosts can't be used: ${errors.map((error) => error.message).join(' · ')}`,
    {
      evidence: errors.flatMap((error) => (error instanceof SealiftError ? error.evidence : [])),
    },
  );
}
