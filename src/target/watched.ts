import type { ContainerDetails, Engine, EngineEvent } from '../engine/engine.ts';
import { HostError, messageWithout } from '../model/errors.ts';
import { Bell } from './bell.ts';
import { course, type Fate } from './judge.ts';

/** A container that is waited for, and what befalls it meanwhile. */

/** What is expected of one container. */
export interface Expectation {
  readonly container: ContainerDetails;
  readonly service: string;
  readonly oneShot: boolean;
  /**
   * Asks it from outside; resolves once it answers, rejects with why it does not. Must settle when the signal aborts.
   * `undefined`: nothing to ask.
   */
  readonly ask: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** Whether an answer proves too little (a port that is open), so that it must stay up for a while as well. */
  readonly mustSettle: boolean;
}

/** A container that is waited for. Whatever may have changed how it is rings its bell; it is then looked at anew. */
export interface Watched extends Expectation {
  readonly bell: Bell;
  /** How it ended last while it was waited for. */
  end: Fate['end'];
  /** It was told to be out of memory, and has not ended yet. */
  outOfMemory: boolean;
  answered: boolean;
  /** As it was when it was as expected; `undefined`: it is not yet. */
  fit: ContainerDetails | undefined;
  /** Why it is not waited for any longer. */
  failed: string | undefined;
}

export function watched(expectation: Expectation): Watched {
  return {
    ...expectation,
    bell: new Bell(),
    end: undefined,
    outOfMemory: false,
    answered: expectation.ask === undefined,
    fit: undefined,
    failed: undefined,
  };
}

/** Remembers how it ended: once it is restarted, the container itself does not know any more. */
export function note(each: Watched, { action, attributes }: EngineEvent): void {
  if (action === 'oom') each.outOfMemory = true;
  if (action !== 'die') return;
  each.end = { exitCode: Number(attributes['exitCode']), oomKilled: each.outOfMemory };
  each.outOfMemory = false;
}

/** Restarts are counted from where the wait began: one that is live already may have had some in its life. */
export function fateOf(each: Watched, details: ContainerDetails, mayCrashFor: number): Fate {
  const restarts = Math.max(0, details.restartCount - each.container.restartCount);
  return { restarts, end: each.end, mayCrashFor };
}

/** A question that failed, behind what the container did: that it crashes says more than that nobody answers. */
export async function withFate(each: Watched, engine: Engine, error: unknown): Promise<unknown> {
  const details = await engine.inspectContainer(each.container.id).catch(() => each.container);
  const fate = fateOf(each, details, 0);
  if (fate.restarts === 0) return error;
  const said = messageWithout(engine.host, error);
  return new HostError(
    engine.host,
    `${each.service} did not become healthy in time: ${course(details, fate)}. ${said}`,
    { cause: error },
  );
}
