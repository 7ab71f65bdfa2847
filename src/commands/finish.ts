import type { ActionContext } from '../action-context.ts';
import { deployRelease } from '../deployment.ts';
import { readCommitContext } from '../image/commit-context.ts';
import { registryEnvironment } from '../image/login.ts';
import { readRequest } from '../inputs/request.ts';
import { resumeLocks } from '../lock.ts';
import type { Release } from '../model/release.ts';
import type { DeliverRequest, DeployRequest, Requests, RollbackRequest } from '../model/request.ts';
import { chooseStrategy } from '../plan/choose-strategy.ts';
import { acceptedByFleet } from '../plan/reconcile-fleet.ts';
import { trustedProxiesOf, withTrustedProxies } from '../release/trusted-proxies.ts';
import { consoleLog, currentReporter } from '../report/console.ts';
import type { DeploymentReport } from '../report/report.ts';
import { addWarnings, emptyReport, ReportDraft } from '../report/report-draft.ts';
import { reportFailure } from '../report-failure.ts';
import { openFleet } from '../rollout/fleet.ts';
import type { HostObservation } from '../rollout/host-context.ts';
import { releaseLocks } from '../rollout/release-locks.ts';
import type { SavedLock } from '../run/lock-state.ts';
import { createProgramRunner } from '../run/run-program.ts';
import { createStepFolder, removeStepFolder } from '../run/step-folder.ts';
import { bringCompose, findComposeShortcoming } from '../tools/compose-plugin.ts';
import { withHealthTimeout } from './rollback.ts';

/** A step that may have left a release half-way. */
type RolloutRequest = (DeliverRequest | DeployRequest | RollbackRequest) & {
  readonly orchestrator: 'docker';
};

/**
 * Finishes what a step left that was killed: all hosts go back to the release that they had accepted, unless all have accepted the new one. The
 * locks of the step are held meanwhile, and removed. The job summary says what was done. Secrets come from the inputs, as for the step itself.
 */
export async function finishKilledStep(locks: readonly SavedLock[]): Promise<void> {
  const [first] = locks;
  if (first === undefined) return;
  const commit = await readCommitContext();
  const folder = await createStepFolder();
  const context: ActionContext<DeploymentReport> = {
    run: createProgramRunner(consoleLog),
    log: consoleLog,
    folder,
    commit,
    triggeredBy: { actor: commit.actor, runUrl: commit.runUrl },
    report: new ReportDraft(emptyReport('rollback', commit)),
    // The runner cancels no post step. One that runs in a job that was cancelled has as long as it needs.
    signal: new AbortController().signal,
  };
  try {
    const { request } = readRequest(first.command, currentReporter().mask);
    if (isRollout(request)) await reported(() => restore(request, locks, context), context);
    else if ('destination' in request && 'hosts' in request.destination)
      await releaseLocks(request.destination, locks, context);
  } finally {
    await removeStepFolder(folder);
  }
}

const isRollout = (request: Requests[keyof Requests]): request is RolloutRequest =>
  (request.command === 'deliver' || request.command === 'deploy' || request.command === 'rollback') &&
  request.orchestrator === 'docker';

async function reported(
  work: () => Promise<void>,
  { report }: ActionContext<DeploymentReport>,
): Promise<void> {
  const startedAt = performance.now();
  try {
    await work();
  } catch (error) {
    reportFailure(error, report);
  }
  report.setHead({ durationMs: Math.round(performance.now() - startedAt) });
  await currentReporter().publish(report.current);
}

async function restore(
  request: RolloutRequest,
  locks: readonly SavedLock[],
  context: ActionContext<DeploymentReport>,
): Promise<void> {
  const { destination, options } = request;
  const { report, log } = context;
  report.set({ app: destination.app, environment: destination.environment });
  const note = (text: string): void => {
    log.notice(text);
    addWarnings(report, [text]);
  };
  await using fleet = await openFleet(destination, context).catch(async (error) => {
    await releaseLocks(destination, locks, context);
    throw error;
  });
  await using lock = await resumeLocks(fleet.engines, destination, locks, context);
  if (lock === undefined) {
    note(
      'This step was cut short. Another run has locked the environment since: it repairs what this step left.',
    );
    return;
  }
  const observations = await fleet.observe();
  const accepted = releaseToRestore(observations);
  if (accepted === undefined) {
    note(
      'This step was cut short, and no release was accepted on all hosts before it. The next deploy repairs what it left.',
    );
    return;
  }
  note(
    `This step was cut short. Its post step brings ${accepted.id} back, which was accepted last, as a whole.`,
  );
  const trustedProxies = trustedProxiesOf(observations.map(({ host }) => host));
  const release = withTrustedProxies(withHealthTimeout(accepted, undefined), trustedProxies);
  report.set({ release: release.id, revision: release.origin.revision, tags: release.origin.tags });
  await deployRelease({
    fleet,
    lock,
    destination,
    observations,
    release,
    strategy: chooseStrategy(release, undefined),
    keep: Number.MAX_SAFE_INTEGER,
    command: 'rollback',
    bake: 0,
    limits: undefined,
    updateAccessories: false,
    hooks: { before: [], after: [] },
    waves: { kind: 'all' },
    // What `url` is to answer is said of the release that this step was to deploy.
    options: { ...options, url: undefined },
    confidential: new Map(),
    environment: () => registryEnvironment(request.registry, release, context),
    transfer: { kind: release.origin.imageTransfer ?? 'registry', local: new Map(), mayCopy: true },
    composePlugin: async () => bringCompose(await findComposeShortcoming(), context, context.signal),
    approval: undefined,
    context,
  });
}

function releaseToRestore(observations: readonly HostObservation[]): Release | undefined {
  const id = acceptedByFleet(observations.map(({ host }) => host));
  return observations.flatMap(({ records }) => records.releases).find((release) => release.id === id);
}
