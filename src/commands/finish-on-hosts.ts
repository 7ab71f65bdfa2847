import type { ActionContext } from '../action-context.ts';
import { deploymentOfRollback, deployRelease } from '../deployment.ts';
import { registryEnvironment } from '../image/login.ts';
import { DEFAULT_EDGE_IMAGES } from '../inputs/declared-inputs.ts';
import { resumeLocks } from '../lock.ts';
import type { ReleaseId } from '../model/identifiers.ts';
import type { Release } from '../model/release.ts';
import type { DeliverRequest, ImportRequest, RollbackRequest } from '../model/request.ts';
import { planFirstDeployBack } from '../plan/first-deploy.ts';
import { acceptedByFleet } from '../plan/reconcile-fleet.ts';
import { givenContents } from '../release/file-content-names.ts';
import { trustedProxiesOf, withTrustedProxies } from '../release/trusted-proxies.ts';
import type { DeploymentReport } from '../report/report.ts';
import { addWarnings, emptyReport, ReportDraft } from '../report/report-draft.ts';
import { cleanUpKilledRun } from '../rollout/clean-up-killed-run.ts';
import { openFleet } from '../rollout/fleet.ts';
import type { HostObservation } from '../rollout/host-context.ts';
import { releaseLocks } from '../rollout/release-locks.ts';
import { programEnvironment } from '../run/environment.ts';
import type { SavedLock } from '../run/lock-state.ts';
import { finishRemoval } from './remove.ts';
import { reportedPost } from './report-post.ts';
import { withHealthTimeout } from './rollback.ts';
import { takeBack } from './take-back.ts';
import type { LockingRequest } from './target.ts';

/** A step that may have left a release half-way. */
type RolloutRequest = DeliverRequest<'docker'> | RollbackRequest<'docker'> | ImportRequest;

/**
 * Finishes what a step left on hosts that was killed: all go back to the release that they had accepted, unless all have accepted the new one.
 * A first deploy is taken back, a removal goes on. The locks of the step are held meanwhile, and removed.
 */
export async function finishOnHosts(
  request: LockingRequest<'docker'> | ImportRequest,
  locks: readonly SavedLock[],
  step: Omit<ActionContext, 'report'>,
): Promise<void> {
  if (request.command === 'unlock') await releaseLocks(request.destination, locks, step);
  else if (request.command === 'remove') {
    const report = new ReportDraft(emptyReport('remove', step.commit));
    await reportedPost({ ...step, report }, (context) => finishRemoval(request, locks, context));
  } else {
    const report = new ReportDraft(emptyReport('rollback', step.commit));
    await reportedPost({ ...step, report }, (context) => restore(request, locks, context));
  }
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
        ? new Map([[release.id, givenContents(release, request.options.secrets)]])
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
