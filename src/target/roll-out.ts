import type { AppName } from '../edge/layout.ts';
import type { Engine } from '../engine/engine.ts';
import type { Confidential, Release, ReleaseId } from '../model/release.ts';
import type { SwitchOptions } from '../model/request.ts';
import type { Tools } from '../model/run.ts';
import type { Evidence, Outcome, Watched } from '../plan/outcome.ts';
import type { Action, Plan } from '../plan/steps.ts';
import { apply, type Hooks } from './apply.ts';
import type { Observation } from './observe.ts';
import { perform } from './perform.ts';
import type { LayersOf } from './room.ts';
import { askUrl } from './url.ts';
import type { Work } from './work.ts';

/** What carrying out a plan needs beyond the plan. */
export interface RollOut {
  readonly of: AppName;
  readonly engines: readonly Engine[];
  readonly observations: readonly Observation[];
  readonly release: Release;
  readonly confidential: ReadonlyMap<ReleaseId, Confidential>;
  readonly options: SwitchOptions;
  readonly tools: Tools;
  /** Environment for `docker`. */
  readonly environment: Readonly<Record<string, string>>;
  readonly layersOf: LayersOf;
  readonly by: Work['by'];
  readonly signal: AbortSignal;
}

export interface Answered {
  readonly outcome: Outcome;
  /** What the address said, when it was asked. */
  readonly answer: string | undefined;
}

/** Carries a plan out on engines. */
export async function rollOut(
  plan: Plan,
  on: RollOut,
  hooks: Pick<Hooks, 'entered' | 'began' | 'ended'>,
): Promise<Answered> {
  const evidence: Evidence[] = [];
  const watched = new Map<Action, Watched>();
  const works = new Map(on.engines.map((engine) => [engine.host, workOn(engine, on, { evidence, watched })]));
  const { url } = on.options;
  let answer: string | undefined;
  const outcome = await apply(
    plan,
    async (host, action, signal) => {
      const work = works.get(host);
      return work === undefined ? undefined : perform({ ...work, signal, hurry: on.signal.aborted }, action);
    },
    {
      ...hooks,
      verify:
        url === undefined
          ? undefined
          : async () => {
              answer = await askUrl(url, on.signal);
              on.tools.log.info(`url: ${url.url} answered ${answer}`);
              return answer;
            },
      evidence: () => evidence,
      watched: (action) => watched.get(action),
      signal: on.signal,
    },
  );
  return { outcome, answer };
}

function workOn(engine: Engine, on: RollOut, kept: Pick<Work['kept'], 'evidence' | 'watched'>): Work {
  const records = on.observations.find(({ host }) => host.host === engine.host)?.records ?? {
    sequence: 0,
    releases: [],
    history: [],
  };
  return {
    engine,
    of: on.of,
    releases: new Map([...records.releases, on.release].map((release) => [release.id, release])),
    confidential: on.confidential,
    settings: {
      edgeImage: on.options.edgeImage,
      drainTimeout: on.options.drainTimeout,
      acme: on.options.acme,
    },
    run: on.tools.run,
    log: on.tools.log,
    environment: on.environment,
    layersOf: on.layersOf,
    by: on.by,
    fleet: on.engines.map(({ host }) => host),
    hurry: false,
    signal: on.signal,
    kept: { records, checked: new Map(), drained: new Set(), ...kept },
  };
}
