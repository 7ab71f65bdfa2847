import type { ActionContext } from '../action-context.ts';
import { requireEnvironmentRules } from '../approval.ts';
import type { GateRequest } from '../model/request.ts';
import type { GateReport } from '../report/report.ts';

/** Checks the environment of a later job, before the mention of it in that job would create it. Changes nothing. */
export async function gate(request: GateRequest, context: ActionContext<GateReport>): Promise<void> {
  context.report.set({ environment: request.environment });
  await requireEnvironmentRules(request, context);
  context.report.set({ result: 'checked' });
}
