import { quoteCommand } from '../model/command-line.ts';
import type { RollbackHint } from '../model/rollback-hint.ts';
import { codeBlock, codeSpan, detailsBlock, link } from './markdown.ts';
import type { DeploymentReport } from './report.ts';
import { repositoryUrl } from './repository-url.ts';

/** How to return to the release that this run replaced: the user's own workflow, or a step. Pure. */
export function rollbackHelp(report: DeploymentReport): string {
  const { command, result, previous, rollbackHint, rollbackWorkflow } = report;
  if (result !== 'deployed' || command === 'rollback') return '';
  if (previous === undefined || rollbackHint === undefined) return '';
  const kept = keptText(rollbackHint, previous);
  const repository = repositoryUrl(report);
  if (rollbackWorkflow === undefined || repository === undefined)
    return detailsBlock(
      'How to roll back',
      `${kept}\n\n${codeBlock(stepLines(report, rollbackHint), 'yaml')}`,
    );
  const { file, inputs } = rollbackWorkflow;
  const workflow = link(`Run ${codeSpan(file)}`, `${repository}/actions/workflows/${file}`);
  const values = new Map([
    ['app', report.app],
    ['environment', report.environment],
    ['to', previous],
    ['release', previous],
  ]);
  const options = inputs.flatMap((name) => {
    const value = values.get(name);
    return value === undefined ? [] : ['-f', `${name}=${value}`];
  });
  const line = quoteCommand(['gh', 'workflow', 'run', file, ...options]);
  return `**To roll back** to ${codeSpan(previous)}: ${workflow}, or\n\n${codeBlock([line], 'sh')}\n\n${kept}`;
}

/** What a rollback finds. */
function keptText({ keeps }: RollbackHint, previous: string): string {
  const unless = `Unless ${codeSpan('keep')} is 1,`;
  return keeps === 'containers'
    ? `${unless} the containers of ${codeSpan(previous)} are kept on the hosts, so a rollback only starts them again.`
    : `${unless} ${codeSpan(previous)} is kept with its configuration and secrets, so a rollback deploys it as it was.`;
}

function stepLines(
  { app, environment, previous }: DeploymentReport,
  { inputs }: RollbackHint,
): readonly string[] {
  return [
    '- uses: sealift/sealift/rollback@v1',
    '  with:',
    `    app: ${JSON.stringify(app ?? '')}`,
    `    environment: ${JSON.stringify(environment ?? '')}`,
    `    to: ${JSON.stringify(previous)}`,
    ...inputs.map((line) => `    ${line}`),
  ];
}
