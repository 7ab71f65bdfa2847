import type { DeploymentReport } from './report.ts';

/**
 * The last line of a good run: what is live now, and how to go back to what was before it. Pure.
 * @param hosts how many run it; `undefined`: they are chosen elsewhere
 * @param keep how many releases stay, with the live one
 */
export function closingLine(report: DeploymentReport, hosts: number | undefined, keep: number): string {
  const { command, live, previous, rollbackWorkflow } = report;
  const where = hosts === undefined ? '' : ` on ${hosts} host${hosts === 1 ? '' : 's'}`;
  const now = `${live} is live${where}`;
  if (previous === undefined) return `${now}.`;
  if (command === 'rollback' || keep < 2) return `${now}, before it ${previous}.`;
  const way =
    rollbackWorkflow === undefined ? 'the action rollback' : `the workflow ${rollbackWorkflow.file}`;
  return `${now}, before it ${previous}: ${way} (or "sealift rollback") goes back to it.`;
}
