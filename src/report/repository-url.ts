import type { DeploymentReport, Report } from './report.ts';

/** The address of the repository on its GitHub server, from the address of the run. */
export const repositoryUrl = ({ runUrl }: Pick<Report, 'runUrl'>): string | undefined =>
  runUrl === undefined ? undefined : /^(.+)\/actions\/runs\//.exec(runUrl)?.[1];

/** What changed between two commits; `undefined` if one of them is not known. */
export function compareUrl(
  report: Pick<DeploymentReport, 'runUrl' | 'command' | 'revision' | 'previousRevision'>,
): string | undefined {
  const { command, revision, previousRevision } = report;
  const repository = repositoryUrl(report);
  if (repository === undefined || revision === undefined || previousRevision === undefined) return undefined;
  if (revision === previousRevision) return undefined;
  // After a rollback the older commit is live again: what it took away is what came after that.
  const [from, to] = command === 'rollback' ? [revision, previousRevision] : [previousRevision, revision];
  return `${repository}/compare/${from}...${to}`;
}
