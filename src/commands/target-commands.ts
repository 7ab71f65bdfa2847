import type { ActionContext } from '../action-context.ts';
import { requireApproval } from '../approval.ts';
import { baseProject } from '../model/app-environment.ts';
import type { DeliverRequest, Orchestrator, TargetCommand, TargetRequests } from '../model/request.ts';
import { findRollbackWorkflow } from '../release/rollback-workflow.ts';
import type { DeploymentReport, Reports } from '../report/report.ts';
import { reportStatus } from './status.ts';
import type { Target } from './target.ts';
import { targetOf } from './targets.ts';
import { reportLocks } from './unlock.ts';

type TargetCommands = {
  readonly [Each in TargetCommand]: <Kind extends Orchestrator>(
    request: TargetRequests<Kind>[Each],
    context: ActionContext<Reports[Each]>,
  ) => Promise<void>;
};

/** The commands that are about an app where it runs, whatever runs it there. Nothing is touched before the run is approved. */
export const targetCommands: TargetCommands = {
  deliver: deliverToTarget,
  deploy: deliverToTarget,
  async rollback(request, context) {
    const target = await reportedTarget(request, context);
    const approval = await requireApproval(request, request.options.dryRun, context);
    await target.rollback(request, approval, context);
  },
  async status(request, context) {
    const target = await reportedTarget(request, context);
    reportStatus(await target.status(request, context), context);
  },
  async remove(request, context) {
    const target = await reportedTarget(request, context);
    await requireApproval(request, request.dryRun, context);
    await target.remove(request, context);
  },
  async unlock(request, context) {
    const target = await reportedTarget(request, context);
    await requireApproval(request, request.dryRun, context);
    const found = await target.unlock(request, context);
    reportLocks(baseProject(request.destination), found, request.dryRun, context);
  },
};

async function deliverToTarget<Kind extends Orchestrator>(
  request: DeliverRequest<Kind>,
  context: ActionContext<DeploymentReport>,
): Promise<void> {
  const target = await reportedTarget(request, context);
  context.report.set({ rollbackWorkflow: await findRollbackWorkflow(process.cwd()) });
  const approval = await requireApproval(request, request.options.dryRun, context);
  await target.deliver(request, approval, context);
}

/** What runs the app of a request; the report says which app and what. */
function reportedTarget<Kind extends Orchestrator>(
  { orchestrator, destination: { app, environment } }: TargetRequests<Kind>[TargetCommand],
  { report }: Pick<ActionContext, 'report'>,
): Promise<Target<Kind>> {
  report.setHead({ app, environment, orchestrator });
  return targetOf(orchestrator);
}
