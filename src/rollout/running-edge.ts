import { observeEdge, runningEdgeId } from '../edge/edge.ts';
import { Conflict, NotFound } from '../engine/errors.ts';
import type { HostContext } from './host-context.ts';

/** The container of the running edge. @throws HostError when none runs */
export async function requireEdgeContainer({ engine, appEnvironment }: HostContext): Promise<string> {
  return runningEdgeId(engine, await observeEdge(engine, appEnvironment));
}

/**
 * Uses the edge that the run knows; if that does not run any more, the one that does.
 * @returns `undefined` if no edge runs
 */
export async function onRunningEdge<Result>(
  context: HostContext,
  use: (edge: string) => Promise<Result>,
): Promise<{ readonly result: Result } | undefined> {
  const { engine, appEnvironment, runState } = context;
  if (runState.edge !== undefined) {
    try {
      return { result: await use(runState.edge) };
    } catch (error) {
      if (!(error instanceof NotFound || error instanceof Conflict)) throw error;
    }
  }
  const found = await observeEdge(engine, appEnvironment);
  runState.edge = found.state === 'running' ? found.containerId : undefined;
  return runState.edge === undefined ? undefined : { result: await use(runState.edge) };
}

/** Uses the running edge. @throws HostError when none runs */
export async function onEdge<Result>(
  context: HostContext,
  use: (edge: string) => Promise<Result>,
): Promise<Result> {
  const used = await onRunningEdge(context, use);
  return used === undefined ? await use(await requireEdgeContainer(context)) : used.result;
}
