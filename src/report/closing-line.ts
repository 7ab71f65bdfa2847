import type { DeploymentReport } from './report.ts';

/**
 * The last line of a good run: what is live now, and how to go back to what was before it. Pure.
 * @param keep how many releases stay, with the live one
 */
export function closingLine(report: DeploymentReport, keep: number): string {
  const { command, orchestrator, live, previous, hosts, rollbackWorkflow } = report;
  const where = orchestrator === 'docker' ? ` on ${hosts.length} host${hosts.length === 1 ? '' : 's'}` : '';
  const now = `${live} is live${where}`;
  if (previous === undefined) return `${now}.`;
  if (command === 'rollback' || keep < 2) return `${now}, before it ${previous}.`;
  const way =
    rollbackWorkflow === undefined ? 'the action rollback' : `the workflow ${rollbackWorkflow.file}`;
  return `${now}, before it ${previous}: ${way} (or "sealift rollback") goes back to it.`;
}
