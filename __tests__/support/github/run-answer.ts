import { user } from './answers.ts';

/** A workflow run as GitHub's API answers it, with everything that its description requires. */

/** The latest attempt of a workflow run. */
export interface RunState {
  readonly attempt: number;
  readonly status: 'queued' | 'in_progress' | 'completed';
}

const at = '2026-03-02T08:30:00Z';
const REPOSITORY_LINKS = [
  ...['archive', 'assignees', 'blobs', 'branches', 'collaborators', 'comments', 'commits', 'compare'],
  ...['contents', 'contributors', 'deployments', 'downloads', 'events', 'forks', 'git_commits', 'git_refs'],
  ...['git_tags', 'hooks', 'issue_comment', 'issue_events', 'issues', 'keys', 'labels', 'languages'],
  ...['merges', 'milestones', 'notifications', 'pulls', 'releases', 'stargazers', 'statuses'],
  ...['subscribers', 'subscription', 'tags', 'teams', 'trees'],
];

function repositoryAnswer(repository: string) {
  const [owner = '', name = ''] = repository.split('/');
  const url = `https://api.github.com/repos/${repository}`;
  return {
    ...{ id: 1, node_id: 'R_1', name, full_name: repository, private: true, fork: false, description: null },
    ...{ owner: user(owner), url, html_url: `https://github.com/${repository}` },
    ...Object.fromEntries(REPOSITORY_LINKS.map((link) => [`${link}_url`, `${url}/${link}`])),
  };
}

export function runAnswer(repository: string, id: number, { attempt, status }: RunState) {
  const url = `https://api.github.com/repos/${repository}/actions/runs/${id}`;
  const sha = 'ce587453ced02b1526dfb4cb910479d431683101';
  return {
    ...{ id, node_id: 'WFR_1', run_number: 12, run_attempt: attempt, event: 'push', workflow_id: 3 },
    ...{ status, conclusion: status === 'completed' ? 'cancelled' : null, created_at: at, updated_at: at },
    ...{ head_branch: 'main', head_sha: sha, head_commit: null, path: '.github/workflows/deliver.yml' },
    ...{ display_title: 'Greet the visitor by name', pull_requests: [], check_suite_url: `${url}/suite` },
    ...{ url, html_url: `https://github.com/${repository}/actions/runs/${id}`, jobs_url: `${url}/jobs` },
    ...{ logs_url: `${url}/logs`, cancel_url: `${url}/cancel`, rerun_url: `${url}/rerun` },
    ...{ artifacts_url: `${url}/artifacts`, workflow_url: `${url}/workflow` },
    ...{ repository: repositoryAnswer(repository), head_repository: repositoryAnswer(repository) },
  };
}
