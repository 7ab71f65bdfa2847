import type {
  Cluster,
  ClusterHook,
  ClusterMove,
  ClusterObservation,
  ClusterWait,
  ClusterWords,
  Workload,
} from '../cluster/cluster.ts';
import type { ClusterPlan } from '../cluster/plan.ts';
import {
  acceptedRelease,
  type ClusterRecords,
  outdatedDocuments,
  type RecordDocument,
} from '../cluster/records.ts';
import type { ClusterRemoval } from '../cluster/removal.ts';
import type { SwarmEngine, SwarmService } from '../engine/swarm-engine.ts';
import { type AppEnvironment, baseProject, LABEL, labelsOf } from '../model/app-environment.ts';
import type { ContentObject } from '../model/cluster-release.ts';
import { ConfigurationError } from '../model/errors.ts';
import { type HostName, isReleaseId, type ReleaseId } from '../model/identifiers.ts';
import { inputRef } from '../model/input-ref.ts';
import { asObject, asText } from '../model/json.ts';
import { hostInputs } from '../model/rollback-hint.ts';
import type { StepContext } from '../model/step-context.ts';
import { joinWithAnd } from '../model/text.ts';
import type { Evidence } from '../plan/outcome.ts';
import type { StackRelease } from '../release/stack/make-stack-release.ts';
import type { StackFile } from '../release/stack/stack-file.ts';
import { convergeServices } from './converge.ts';
import { judgeService, type WantedService } from './judge-service.ts';
import type { ManagerConnection } from './manager-connection.ts';
import { planStack } from './plan-stack.ts';
import { planStackRemoval } from './remove-stack.ts';
import { resumeUpdate } from './resume-update.ts';
import { isJobOfHook, runStackJob } from './run-stack-job.ts';
import { deployStack, type StackCli } from './stack-deploy.ts';
import { SwarmLockPlace } from './swarm-lock.ts';
import {
  contentNames,
  createContents,
  readContents,
  readSwarmRecords,
  removeSwarmRecords,
  removeUnusedContents,
  writeSwarmRecord,
} from './swarm-objects.ts';
import { endedTasks, readSwarmState, type SwarmState } from './swarm-state.ts';
import { taskEvidence } from './task-evidence.ts';

/** A Docker swarm through one of its managers. */
export class SwarmCluster implements Cluster<StackFile> {
  readonly lockPlace: SwarmLockPlace;
  readonly #managers: ManagerConnection;
  readonly #of: AppEnvironment;
  readonly #step: StepContext;
  readonly #environment: () => Promise<Readonly<Record<string, string>>>;
  /** Tasks that had ended before this run changed anything. */
  #known: ReadonlySet<string> = new Set();

  /** @param environment in which `docker` has the logins that the swarm gets; asked for only if something is deployed */
  constructor(
    managers: ManagerConnection,
    of: AppEnvironment,
    step: StepContext,
    environment: () => Promise<Readonly<Record<string, string>>>,
  ) {
    this.#managers = managers;
    this.lockPlace = new SwarmLockPlace(managers, of);
    this.#of = of;
    this.#step = step;
    this.#environment = environment;
  }

  readonly keepsReleases = true;

  get words(): ClusterWords {
    return {
      remains: 'Networks and volumes that were created remain.',
      look: 'docker stack ps',
      rollbackHint: { keeps: 'record', inputs: ['orchestrator: swarm', ...hostInputs([this.host])] },
    };
  }

  get host(): HostName {
    return this.#managers.host;
  }

  get #stack(): string {
    return baseProject(this.#of);
  }

  async observe(): Promise<ClusterObservation<StackFile>> {
    const [records, state] = await Promise.all([
      this.#managers.use((swarm) => readSwarmRecords(swarm, this.#of)),
      this.#look(),
    ]);
    this.#known = new Set(state.tasks.map(({ id }) => id));
    const workloads = state.services
      .filter((service) => !isJobOfHook(service))
      .map((service) => this.#workload(service, state));
    const missing = Object.keys(acceptedRelease(records)?.services ?? {}).filter(
      (name) => !workloads.some((workload) => workload.name === name),
    );
    return { records, workloads, missing };
  }

  async plan(release: StackRelease, found: ClusterObservation<StackFile>): Promise<ClusterPlan> {
    return planStack(release, found);
  }

  async prepare(
    { definition, id, origin }: StackRelease,
    contents: readonly ContentObject[],
  ): Promise<string> {
    const created = await this.#managers.use((swarm) => createContents(swarm, this.#of, contents));
    const { secrets, configs } = await this.#managers.use((swarm) => readContents(swarm, this.#of));
    const present = new Set([...secrets, ...configs].map(({ name }) => name));
    const missing = [...contentNames(definition)].filter(
      (name) => name.startsWith(`${this.#stack}_`) && !present.has(name),
    );
    if (missing.length > 0) {
      throw new ConfigurationError(
        `to: release ${id} needs ${joinWithAnd(missing)}, which somebody has removed from the swarm. Deploy its image from a checkout of ${origin.revision ?? 'its commit'} instead: input "${inputRef('image')}".`,
      );
    }
    return created === 0 ? 'nothing is missing' : `${created} created`;
  }

  async runHook(release: StackRelease, hook: ClusterHook, wait: ClusterWait): Promise<string> {
    const environment = await this.#environment();
    const log = (line: string): void => this.#step.log.info(`│ ${line}`);
    return await this.#managers.once((swarm) =>
      runStackJob({ swarm, cli: this.#cli(swarm, environment), log }, release, hook, wait),
    );
  }

  async apply({ definition }: StackRelease, wait: ClusterWait, undo: boolean): Promise<void> {
    // Tasks of the release that failed may look like those of the one before, which is not to fail for them.
    if (undo) this.#known = new Set([...this.#known, ...endedTasks(await this.#look())]);
    const environment = await this.#environment();
    await this.#managers.use((swarm) =>
      deployStack(this.#cli(swarm, environment), this.#stack, definition, wait),
    );
  }

  converge(release: StackRelease, wait: ClusterWait): Promise<string> {
    const wanted = Object.entries(release.definition.services).map(
      ([name, service]): [string, WantedService] => [
        name,
        {
          release: release.id,
          definition: asText(asObject(service['labels'])[LABEL.definition]),
          image: asText(service['image']) ?? '',
        },
      ],
    );
    return convergeServices(
      {
        prefix: `${this.#stack}_`,
        wanted: new Map(wanted),
        known: this.#known,
        timeout: release.health.timeout,
        look: () => this.#look(),
        resume: (service) => resumeUpdate(this.#managers, service),
      },
      wait,
    );
  }

  moves(): readonly ClusterMove[] {
    return [];
  }

  async evidence(_release: StackRelease): Promise<readonly Evidence[]> {
    try {
      const state = await this.#look();
      return await this.#managers.use((swarm) => taskEvidence(swarm, `${this.#stack}_`, state, this.#known));
    } catch {
      return [];
    }
  }

  async removeOthers(release: StackRelease | undefined): Promise<readonly string[]> {
    const { services } = await this.#look();
    const others = services.filter(
      (service) =>
        service.labels[LABEL.app] === this.#of.app &&
        release?.definition.services[this.#shortName(service)] === undefined,
    );
    for (const { id } of others) await this.#managers.use((swarm) => swarm.removeService(id));
    return others.map((service) => this.#shortName(service));
  }

  removal({ records }: ClusterObservation<StackFile>): Promise<ClusterRemoval> {
    return planStackRemoval(this.#managers, this.#of, records);
  }

  record(document: RecordDocument<StackFile>): Promise<void> {
    return this.#managers.use((swarm) => writeSwarmRecord(swarm, this.#of, document));
  }

  async prune(records: ClusterRecords<StackFile>, kept: ReadonlySet<ReleaseId>): Promise<string> {
    const outdated = outdatedDocuments(records, kept);
    await this.#managers.use((swarm) => removeSwarmRecords(swarm, this.#of, outdated));
    const files = records.releases.filter(({ id }) => kept.has(id)).map(({ definition }) => definition);
    const contents = await this.#managers.use((swarm) => removeUnusedContents(swarm, this.#of, files));
    return `${outdated.length} records and ${contents} secrets and configs removed`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#managers[Symbol.asyncDispose]();
  }

  #cli(swarm: SwarmEngine, environment: Readonly<Record<string, string>>): StackCli {
    return { run: this.#step.run, environment: { ...environment, ...swarm.cliEnvironment } };
  }

  #look(): Promise<SwarmState> {
    return this.#managers.use((swarm) => readSwarmState(swarm, this.#stack));
  }

  #shortName({ name }: SwarmService): string {
    return name.slice(this.#stack.length + 1);
  }

  #workload(service: SwarmService, { tasks, nodes }: SwarmState): Workload {
    const verdict = judgeService(service, tasks, nodes, undefined);
    const { [LABEL.app]: app, [LABEL.environment]: environment, [LABEL.release]: release } = service.labels;
    const own = labelsOf(this.#of);
    const isOurs = app === own[LABEL.app] && environment === own[LABEL.environment];
    return {
      name: this.#shortName(service),
      kind: service.mode,
      release: isOurs && release !== undefined && isReleaseId(release) ? release : undefined,
      ...verdict.counts,
      problem:
        verdict.kind === 'whole'
          ? undefined
          : verdict.kind === 'failed'
            ? verdict.why
            : (verdict.problem ?? `${verdict.counts.ready} of ${verdict.counts.wanted} run`),
    };
  }
}
