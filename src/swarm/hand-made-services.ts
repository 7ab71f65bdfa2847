import type {
  Cluster,
  ClusterMove,
  ClusterObservation,
  ClusterWait,
  ClusterWords,
  Workload,
} from '../cluster/cluster.ts';
import type { ClusterChange, ClusterPlan } from '../cluster/plan.ts';
import { acceptedRelease, clusterRecords, documentText } from '../cluster/records.ts';
import type { ClusterRemoval } from '../cluster/removal.ts';
import type { SwarmService } from '../engine/swarm-engine.ts';
import { type AppEnvironment, LABEL } from '../model/app-environment.ts';
import type { ClusterRelease } from '../model/cluster-release.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { HostName, ReleaseId } from '../model/identifiers.ts';
import { inputRef } from '../model/input-ref.ts';
import type { StepContext } from '../model/step-context.ts';
import { joinWithAnd } from '../model/text.ts';
import type { Evidence } from '../plan/outcome.ts';
import { releaseIdOf } from '../release/release-id.ts';
import { convergeServices } from './converge.ts';
import { judgeService, type WantedService } from './judge-service.ts';
import type { ManagerConnection } from './manager-connection.ts';
import { resumeUpdate } from './resume-update.ts';
import { updateServiceImage } from './stack-deploy.ts';
import { SwarmLockPlace } from './swarm-lock.ts';
import { readServicesState, type SwarmState } from './swarm-state.ts';
import { taskEvidence } from './task-evidence.ts';

/** Images by name of the service that runs them, as the swarm has them. */
export type ServiceImages = Readonly<Record<string, string>>;

export type ServicesRelease = ClusterRelease<ServiceImages>;

/**
 * Services of a swarm that Sealift did not make. It changes nothing of them but the image, and goes back to the one that they had. So what
 * they run now is the release before, and nothing is recorded.
 */
export class HandMadeServices implements Cluster<ServiceImages> {
  readonly keepsReleases = false;
  readonly words: ClusterWords = { remains: '', look: 'docker service ps', rollbackHint: undefined };
  readonly lockPlace: SwarmLockPlace;
  readonly #managers: ManagerConnection;
  readonly #of: AppEnvironment;
  readonly #names: readonly string[];
  readonly #step: StepContext;
  readonly #environment: () => Promise<Readonly<Record<string, string>>>;
  #known: ReadonlySet<string> = new Set();

  /** @param environment in which `docker` has the logins that the swarm gets; asked for only if something is deployed */
  constructor(
    managers: ManagerConnection,
    of: AppEnvironment,
    names: readonly string[],
    step: StepContext,
    environment: () => Promise<Readonly<Record<string, string>>>,
  ) {
    this.#managers = managers;
    this.lockPlace = new SwarmLockPlace(managers, of);
    this.#of = of;
    this.#names = names;
    this.#step = step;
    this.#environment = environment;
  }

  get host(): HostName {
    return this.#managers.host;
  }

  /** @throws ConfigurationError for a service that does not exist, or belongs to a release */
  async observe(): Promise<ClusterObservation<ServiceImages>> {
    const state = await this.#look();
    const { services } = state;
    rejectOthers(this.#names, services);
    this.#known = new Set(state.tasks.map(({ id }) => id));
    const images = Object.fromEntries(services.map(({ name, image }) => [name, image]));
    const release = presentRelease(this.#of, images);
    const { createdAt: at } = release.origin;
    const event = { release: release.id, previous: undefined, actor: undefined, runUrl: undefined };
    const history = [{ at, event: 'accepted' as const, ...event }];
    return {
      records: clusterRecords([documentText({ sequence: 1, release, history })]),
      workloads: services.map((service) => handMadeWorkload(service, state, release.id)),
      missing: [],
    };
  }

  async plan(
    { id, definition }: ServicesRelease,
    { records, workloads }: ClusterObservation<ServiceImages>,
  ): Promise<ClusterPlan> {
    const before = acceptedRelease(records)?.definition ?? {};
    const changes = workloads.flatMap(({ name, problem }): readonly ClusterChange[] => {
      const [old, image] = [before[name], definition[name]];
      if (old !== image)
        return [{ kind: 'update', what: 'service', name, differences: [`image: ${old} → ${image}`] }];
      return problem === undefined ? [] : [{ kind: 'repair', what: 'service', name, differences: [problem] }];
    });
    return { release: id, strategy: 'swarm', changes };
  }

  async prepare(): Promise<string> {
    return 'nothing is missing';
  }

  runHook(): Promise<string> {
    throw new Error('Commands are refused for services that were made by hand.');
  }

  async apply({ definition }: ServicesRelease, { signal }: ClusterWait, undo: boolean): Promise<void> {
    const environment = await this.#environment();
    const { services } = await this.#look();
    for (const [name, image] of Object.entries(definition)) {
      if (services.some((service) => service.name === name && hasSettledOn(service, image))) continue;
      await this.#managers.use((swarm) => {
        const cli = { run: this.#step.run, environment: { ...environment, ...swarm.cliEnvironment } };
        return updateServiceImage(cli, { name, image, withLogin: !undo }, { signal });
      });
    }
  }

  converge({ definition, health }: ServicesRelease, wait: ClusterWait): Promise<string> {
    const wanted = Object.entries(definition).map(([name, image]): [string, WantedService] => [
      name,
      { image, release: undefined, definition: undefined },
    ]);
    return convergeServices(
      {
        ...{ prefix: '', wanted: new Map(wanted), known: this.#known, timeout: health.timeout },
        look: () => this.#look(),
        resume: (service) => resumeUpdate(this.#managers, service),
      },
      wait,
    );
  }

  moves(): readonly ClusterMove[] {
    return [];
  }

  async evidence(): Promise<readonly Evidence[]> {
    try {
      const state = await this.#look();
      return await this.#managers.use((swarm) => taskEvidence(swarm, '', state, this.#known));
    } catch {
      return [];
    }
  }

  async removeOthers(): Promise<readonly string[]> {
    return [];
  }

  async removal(): Promise<ClusterRemoval> {
    return { live: undefined, steps: [], kept: undefined };
  }

  async record(): Promise<void> {}

  async prune(): Promise<string> {
    return '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#managers[Symbol.asyncDispose]();
  }

  #look(): Promise<SwarmState> {
    return this.#managers.use((swarm) => readServicesState(swarm, this.#names));
  }
}

/** What the services run now. */
const presentRelease = ({ app, environment }: AppEnvironment, images: ServiceImages): ServicesRelease => ({
  ...{ id: releaseIdOf(images), app, environment, services: {}, definition: images },
  health: { timeout: PRESENT_TIMEOUT },
  origin: {
    ...{ revision: undefined, ref: undefined, actor: undefined, runUrl: undefined, repository: undefined },
    ...{ tags: [], createdAt: new Date().toISOString() },
  },
});

/** Whether a service has an image to stay: where the swarm gave its update up, even the same image is set again, which ends that. Pure. */
export const hasSettledOn = ({ image: has, update: { state } }: SwarmService, image: string): boolean =>
  has === image && state !== 'paused' && state?.startsWith('rollback') !== true;

/** Milliseconds that a service may go without progress on its way back. */
const PRESENT_TIMEOUT = 120_000;

function rejectOthers(names: readonly string[], services: readonly SwarmService[]): void {
  const missing = names.filter((name) => !services.some((service) => service.name === name));
  if (missing.length > 0) {
    throw new ConfigurationError(
      `service: the swarm has no service ${joinWithAnd(missing)}. Create it by hand first ("docker service create"), or look at "docker service ls" for its name.`,
    );
  }
  const own = services.find(({ labels }) => labels[LABEL.app] !== undefined);
  if (own === undefined) return;
  throw new ConfigurationError(
    `service: ${own.name} belongs to ${own.labels[LABEL.app]} in ${own.labels[LABEL.environment]}, which Sealift delivers as a whole. Remove "${inputRef('service')}" to deploy that.`,
  );
}

function handMadeWorkload(service: SwarmService, { tasks, nodes }: SwarmState, release: ReleaseId): Workload {
  const { name, mode: kind, image } = service;
  const verdict = judgeService(service, tasks, nodes, { image, release: undefined, definition: undefined });
  const { wanted, ready } = verdict.counts;
  const problem =
    verdict.kind === 'whole'
      ? undefined
      : verdict.kind === 'failed'
        ? verdict.why
        : (verdict.problem ?? `${ready} of ${wanted} run`);
  return { name, kind, release, wanted, ready, problem };
}
