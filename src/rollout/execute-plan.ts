import type { Engine } from '../engine/engine.ts';
import type { AppEnvironment, ConfidentialValues, Release, ReleaseId } from '../model/release.ts';
import type { RolloutOptions } from '../model/request.ts';
import type { Tools } from '../model/tools.ts';
import type { Evidence, Outcome, WatchResult } from '../plan/outcome.ts';
import type { Action, Plan } from '../plan/steps.ts';
import type { LayerLookup } from './disk-space.ts';
import type { HostContext } from './host-context.ts';
import type { HostObservation } from './observe-host.ts';
import { performAction } from './perform-action.ts';
import { type ExecutionCallbacks, runStages } from './run-stages.ts';
import { checkUrl } from './url-check.ts';

/** What carrying out a plan needs beyond the plan. */
export interface ExecutionInputs {
  readonly appEnvironment: AppEnvironment;
  readonly engines: readonly Engine[];
  readonly observations: readonly HostObservation[];
  readonly release: Release;
  readonly confidential: ReadonlyMap<ReleaseId, ConfidentialValues>;
  readonly options: RolloutOptions;
  readonly tools: Tools;
  /** Environment for `docker`. */
  readonly environment: Readonly<Record<string, string>>;
  readonly lookUpLayers: LayerLookup;
  readonly triggeredBy: HostContext['triggeredBy'];
  readonly signal: AbortSignal;
}

export interface ExecutionResult {
  readonly outcome: Outcome;
  /** What the address said, when it was asked. */
  readonly answer: string | undefined;
}

/** Carries a plan out on engines. */
export async function executePlan(
  plan: Plan,
  inputs: ExecutionInputs,
  callbacks: Pick<ExecutionCallbacks, 'onStageStart' | 'onStepStart' | 'onStepEnd'>,
): Promise<ExecutionResult> {
  const evidence: Evidence[] = [];
  const watched = new Map<Action, WatchResult>();
  const contexts = new Map(
    inputs.engines.map((engine) => [
      engine.host,
      createHostContext(engine, inputs, { evidence, watchResults: watched }),
    ]),
  );
  const { url } = inputs.options;
  let answer: string | undefined;
  const outcome = await runStages(
    plan,
    async (host, action, signal) => {
      const context = contexts.get(host);
      return context === undefined
        ? undefined
        : performAction({ ...context, signal, jobCancelled: inputs.signal.aborted }, action);
    },
    {
      ...callbacks,
      verify:
        url === undefined
          ? undefined
          : async () => {
              answer = await checkUrl(url, inputs.signal);
              inputs.tools.log.info(`url: ${url.url} answered ${answer}`);
              return answer;
            },
      collectedEvidence: () => evidence,
      watchResultOf: (action) => watched.get(action),
      signal: inputs.signal,
    },
  );
  return { outcome, answer };
}

function createHostContext(
  engine: Engine,
  inputs: ExecutionInputs,
  runState: Pick<HostContext['runState'], 'evidence' | 'watchResults'>,
): HostContext {
  const records = inputs.observations.find(({ host }) => host.host === engine.host)?.records ?? {
    sequence: 0,
    releases: [],
    history: [],
  };
  return {
    engine,
    appEnvironment: inputs.appEnvironment,
    releases: new Map([...records.releases, inputs.release].map((release) => [release.id, release])),
    confidential: inputs.confidential,
    settings: {
      edgeImage: inputs.options.edgeImage,
      drainTimeout: inputs.options.drainTimeout,
      acme: inputs.options.acme,
    },
    run: inputs.tools.run,
    log: inputs.tools.log,
    environment: inputs.environment,
    lookUpLayers: inputs.lookUpLayers,
    triggeredBy: inputs.triggeredBy,
    fleetHosts: inputs.engines.map(({ host }) => host),
    jobCancelled: false,
    signal: inputs.signal,
    runState: { records, healthyContainers: new Map(), drainedReleases: new Set(), ...runState },
  };
}
