import type { ContainerDetails, Engine, EngineEvent } from '../engine/engine.ts';
import { HostError, messageWithoutHost } from '../model/errors.ts';
import { type CrashHistory, crashText } from './container-verdict.ts';
import { Notifier } from './notifier.ts';

/** A container that is waited for, and what befalls it meanwhile. */

/** What is expected of one container. */
export interface HealthExpectation {
  readonly container: ContainerDetails;
  readonly service: string;
  readonly oneShot: boolean;
  /**
   * Asks it from outside; resolves once it answers, rejects with why it does not. Must settle when the signal aborts.
   * `undefined`: nothing to ask.
   */
  readonly probe: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** Whether an answer proves too little (a port that is open), so that it must stay up for a while as well. */
  readonly mustSettle: boolean;
}

/** A container that is waited for. Whatever may have changed how it is rings its bell; it is then looked at anew. */
export interface AwaitedContainer extends HealthExpectation {
  readonly notifier: Notifier;
  /** How it ended last while it was waited for. */
  lastExit: CrashHistory['lastExit'];
  /** It was told to be out of memory, and has not ended yet. */
  outOfMemory: boolean;
  answered: boolean;
  /** As it was when it was as expected; `undefined`: it is not yet. */
  healthyDetails: ContainerDetails | undefined;
  /** Why it is not waited for any longer. */
  failed: string | undefined;
}

export function newAwaitedContainer(expectation: HealthExpectation): AwaitedContainer {
  return {
    ...expectation,
    notifier: new Notifier(),
    lastExit: undefined,
    outOfMemory: false,
    answered: expectation.probe === undefined,
    healthyDetails: undefined,
    failed: undefined,
  };
}

/** Remembers how it ended: once it is restarted, the container itself does not know any more. */
export function recordExitEvent(each: AwaitedContainer, { action, attributes }: EngineEvent): void {
  if (action === 'oom') each.outOfMemory = true;
  if (action !== 'die') return;
  each.lastExit = { exitCode: Number(attributes['exitCode']), oomKilled: each.outOfMemory };
  each.outOfMemory = false;
}

/** Restarts are counted from where the wait began: one that is live already may have had some in its life. */
export function crashHistoryOf(
  each: AwaitedContainer,
  details: ContainerDetails,
  toleranceLeft: number,
): CrashHistory {
  const restarts = Math.max(0, details.restartCount - each.container.restartCount);
  return { restarts, lastExit: each.lastExit, toleranceLeft };
}

/** A question that failed, behind what the container did: that it crashes says more than that nobody answers. */
export async function withCrashHistory(
  each: AwaitedContainer,
  engine: Engine,
  error: unknown,
): Promise<unknown> {
  const details = await engine.inspectContainer(each.container.id).catch(() => each.container);
  const crashHistory = crashHistoryOf(each, details, 0);
  if (crashHistory.restarts === 0) return error;
  const probeFailure = messageWithoutHost(engine.host, error);
  return new HostError(
    engine.host,
    `${each.service} did not become healthy in time: ${crashText(details, crashHistory)}. ${probeFailure}`,
    { cause: error },
  );
}
