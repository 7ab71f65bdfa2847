import type { ActionContext } from '../action-context.ts';
import { deploymentOfRollback, deployRelease } from '../deployment.ts';
import { readCommitContext } from '../image/commit-context.ts';
import { registryEnvironment } from '../image/login.ts';
import { DEFAULT_EDGE_IMAGES } from '../inputs/declared-inputs.ts';
import { readRequest } from '../inputs/request.ts';
import { resumeLocks } from '../lock.ts';
import type { ReleaseId } from '../model/identifiers.ts';
import type { Release } from '../model/release.ts';
import type {
  Command,
  DeliverRequest,
  DeployRequest,
  ImportRequest,
  Requests,
  RollbackRequest,
} from '../model/request.ts';
import { planFirstDeployBack } from '../plan/first-deploy.ts';
import { acceptedByFleet } from '../plan/reconcile-fleet.ts';
import { givenContents } from '../release/file-content-names.ts';
import { trustedProxiesOf, withTrustedProxies } from '../release/trusted-proxies.ts';
import { consoleLog, currentReporter } from '../report/console.ts';
import type { DeploymentReport } from '../report/report.ts';
import { addWarnings, emptyReport, ReportDraft } from '../report/report-draft.ts';
import { cleanUpKilledRun } from '../rollout/clean-up-killed-run.ts';
import { openFleet } from '../rollout/fleet.ts';
import type { HostObservation } from '../rollout/host-context.ts';
import { releaseLocks } from '../rollout/release-locks.ts';
import { programEnvironment } from '../run/environment.ts';
import type { SavedLock } from '../run/lock-state.ts';
import { createProgramRunner } from '../run/run-program.ts';
import { createStepFolder, removeStepFolder } from '../run/step-folder.ts';
import type { LockingClusterRequest } from './finish-on-cluster.ts';
import { finishRemoval } from './remove.ts';
import { reportedPost } from './report-post.ts';
import { withHealthTimeout } from './rollback.ts';
import { takeBack } from './take-back.ts';

/** A step that may have left a release half-way. */
type RolloutRequest =
  | ((DeliverRequest | DeployRequest | RollbackRequest) & { readonly orchestrator: 'docker' })
  | ImportRequest;

/**
 * Finishes what a step left that was killed: all hosts go back to the release that they had accepted, unless all have accepted the new one. A first
 * deploy is taken back, a removal goes on. The locks of the step are held meanwhile, and removed. The job summary says what was done. Secrets
 * come from the inputs, as for the step itself.
 */
export async function finishKilledStep(locks: readonly SavedLock[]): Promise<void> {
  const [first] = locks;
  if (first === undefined) return;
  const commit = await readCommitContext();
  const folder = await createStepFolder();
  const step = {
    run: createProgramRunner(consoleLog),
    log: consoleLog,
    folder,
    commit,
    triggeredBy: { actor: commit.actor, runUrl: commit.runUrl },
    // The runner cancels no post step. One that runs in a job that was cancelled has as long as it needs.
    signal: new AbortController().signal,
  };
  try {
    const request = await readRequestOf(first.command, step);
    if (request === undefined) return;
    if (isOnCluster(request)) {
      const { finishOnCluster } = await import('./on-cluster.ts');
      await finishOnCluster(request, first, step);
    } else if (isRollout(request))
      await reportedPost({ ...step, report: new ReportDraft(emptyReport('rollback', commit)) }, (context) =>
        restore(request, locks, context),
      );
    else if (request.command === 'remove')
      await reportedPost({ ...step, report: new ReportDraft(emptyReport('remove', commit)) }, (context) =>
        finishRemoval(request, locks, context),
      );
    else if ('destination' in request && 'hosts' in request.destination)
      await releaseLocks(request.destination, locks, step);
  } finally {
    await removeStepFolder(folder);
  }
}

const isOnCluster = (request: Requests[Command]): request is LockingClusterRequest =>
  'orchestrator' in request && request.orchestrator !== 'docker' && request.command !== 'status';

const isRollout = (request: Requests[keyof Requests]): request is RolloutRequest =>
  request.command === 'import' ||
  ((request.command === 'deliver' || request.command === 'deploy' || request.command === 'rollback') &&
    request.orchestrator === 'docker');

/** What the step wanted. It can't be read if a later step has removed a file that an input names. */
async function readRequestOf(
  command: Command,
  step: Omit<ActionContext, 'report'>,
): Promise<Requests[Command] | undefined> {
  try {
    return readRequest(command, currentReporter().mask).request;
  } catch (error) {
    await reportedPost(
      { ...step, report: new ReportDraft(emptyReport('rollback', step.commit)) },
      async ({ report }) => {
        report.set({ state: UNREADABLE_TEXT });
        throw error;
      },
    );
    return undefined;
  }
}

const UNREADABLE_TEXT =
  'This step was cut short, and its post step can not read its inputs any more. What it left stays as it is until the next deploy or rollback; its lock expires by itself.';

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
  await cleanUpKilledRun(fleet.engines, observations);
  const hosts = observations.map(({ host }) => host);
  const takeBackPlan = planFirstDeployBack(hosts);
  const found = releaseToRestore(observations, takeBackPlan?.release ?? acceptedByFleet(hosts));
  if (found === undefined) {
    note(
      'This step was cut short, and no release was accepted on all hosts before it. The next deploy repairs what it left.',
    );
    return;
  }
  note(
    takeBackPlan === undefined
      ? `This step was cut short. Its post step brings ${found.id} back, which was accepted last, as a whole.`
      : `This step was cut short. It was the first deploy: its post step takes ${found.id} back.`,
  );
  const release = withTrustedProxies(withHealthTimeout(found, undefined), trustedProxiesOf(hosts));
  report.set({ release: release.id, revision: release.origin.revision, tags: release.origin.tags });
  const deployment = deploymentOfRollback({
    ...{ fleet, lock, destination, observations, release, context },
    // What `url` is to answer is said of the release that this step was to deploy.
    options: { ...DEFAULT_EDGE_IMAGES, ...options, url: undefined },
    confidential:
      request.command === 'rollback'
        ? new Map([[release.id, givenContents(release, request.secrets)]])
        : new Map(),
    environment: async () =>
      request.command === 'import'
        ? programEnvironment()
        : await registryEnvironment(request.registry, release, context),
    approval: undefined,
  });
  await (takeBackPlan === undefined ? deployRelease(deployment) : takeBack(deployment, takeBackPlan));
}

function releaseToRestore(
  observations: readonly HostObservation[],
  id: ReleaseId | undefined,
): Release | undefined {
  return observations.flatMap(({ records }) => records.releases).find((release) => release.id === id);
}
