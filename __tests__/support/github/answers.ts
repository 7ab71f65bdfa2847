/** Answers of GitHub's API, with everything that its description requires. */

const at = '2026-03-02T08:30:00Z';

export interface EnvironmentState {
  readonly id: number;
  /** `@mona` or `octo/ops` for a team; `undefined`: no rule asks for reviewers. */
  readonly reviewers: readonly string[] | undefined;
  readonly preventSelfReview: boolean;
  /** `undefined`: this GitHub does not tell it. */
  readonly canAdminsBypass: boolean | undefined;
  readonly waitMinutes: number | undefined;
}

export interface ReviewState {
  readonly environment: string;
  readonly login: string;
  readonly state: 'approved' | 'rejected' | 'pending';
  readonly comment: string;
}

export const user = (login: string) => ({
  login,
  id: 21031067,
  node_id: 'MDQ6VXNlcjE=',
  avatar_url: `https://github.com/images/${login}.png`,
  gravatar_id: '',
  url: `https://api.github.com/users/${login}`,
  html_url: `https://github.com/${login}`,
  followers_url: `https://api.github.com/users/${login}/followers`,
  following_url: `https://api.github.com/users/${login}/following`,
  gists_url: `https://api.github.com/users/${login}/gists`,
  starred_url: `https://api.github.com/users/${login}/starred`,
  subscriptions_url: `https://api.github.com/users/${login}/subscriptions`,
  organizations_url: `https://api.github.com/users/${login}/orgs`,
  repos_url: `https://api.github.com/users/${login}/repos`,
  events_url: `https://api.github.com/users/${login}/events`,
  received_events_url: `https://api.github.com/users/${login}/received_events`,
  type: 'User',
  site_admin: false,
});

const team = (slug: string) => ({
  id: 1,
  node_id: 'MDQ6VGVhbTE=',
  name: slug,
  slug,
  description: '',
  privacy: 'closed',
  notification_setting: 'notifications_enabled',
  permission: 'pull',
  type: 'organization',
  url: `https://api.github.com/teams/1`,
  html_url: `https://github.com/orgs/octo/teams/${slug}`,
  members_url: 'https://api.github.com/teams/1/members{/member}',
  repositories_url: 'https://api.github.com/teams/1/repos',
  parent: null,
});

const reviewer = (name: string) =>
  name.startsWith('@')
    ? { type: 'User', reviewer: user(name.slice(1)) }
    : { type: 'Team', reviewer: team(name.split('/')[1] ?? name) };

const environmentLinks = (repository: string, name: string) => ({
  url: `https://api.github.com/repos/${repository}/environments/${name}`,
  html_url: `https://github.com/${repository}/deployments/activity_log?environments_filter=${name}`,
  created_at: at,
  updated_at: at,
});

export function environmentAnswer(repository: string, name: string, state: EnvironmentState) {
  const { id, reviewers, preventSelfReview, canAdminsBypass, waitMinutes } = state;
  return {
    id,
    node_id: 'EN_1',
    name,
    ...environmentLinks(repository, name),
    ...(canAdminsBypass === undefined ? {} : { can_admins_bypass: canAdminsBypass }),
    protection_rules: [
      ...(waitMinutes === undefined
        ? []
        : [{ id: 1, node_id: 'GA_1', type: 'wait_timer', wait_timer: waitMinutes }]),
      ...(reviewers === undefined
        ? []
        : [
            {
              id: 2,
              node_id: 'GA_2',
              type: 'required_reviewers',
              prevent_self_review: preventSelfReview,
              reviewers: reviewers.map(reviewer),
            },
          ]),
    ],
    deployment_branch_policy: null,
  };
}

export function reviewAnswer(
  repository: string,
  id: number,
  { environment, login, state, comment }: ReviewState,
) {
  return {
    environments: [{ id, node_id: 'EN_1', name: environment, ...environmentLinks(repository, environment) }],
    state,
    user: user(login),
    comment,
  };
}

export function checkRunAnswer(repository: string, id: number, environment: string | undefined) {
  const api = `https://api.github.com/repos/${repository}`;
  return {
    id,
    head_sha: 'ce587453ced02b1526dfb4cb910479d431683101',
    node_id: 'CR_1',
    external_id: 'ca395085-040a-526b-2ce8-bdc85f692774',
    url: `${api}/check-runs/${id}`,
    html_url: `https://github.com/${repository}/actions/runs/4711/job/${id}`,
    details_url: `https://github.com/${repository}/actions/runs/4711/job/${id}`,
    status: 'in_progress',
    conclusion: null,
    started_at: at,
    completed_at: null,
    output: {
      title: null,
      summary: null,
      text: null,
      annotations_count: 0,
      annotations_url: `${api}/check-runs/${id}/annotations`,
    },
    name: 'deliver',
    check_suite: { id: 5 },
    app: null,
    pull_requests: [],
    ...(environment === undefined
      ? {}
      : {
          deployment: {
            url: `${api}/deployments/1`,
            id: 1,
            node_id: 'DE_1',
            task: 'deploy',
            original_environment: environment,
            environment,
            description: null,
            created_at: at,
            updated_at: at,
            statuses_url: `${api}/deployments/1/statuses`,
            repository_url: api,
          },
        }),
  };
}

export interface CommentState {
  readonly id: number;
  readonly issue: number;
  /** A bot's ends with `[bot]`. */
  readonly login: string;
  body: string;
}

export function commentAnswer(repository: string, { id, issue, login, body }: CommentState) {
  const api = `https://api.github.com/repos/${repository}`;
  return {
    id,
    node_id: 'IC_1',
    url: `${api}/issues/comments/${id}`,
    html_url: `https://github.com/${repository}/pull/${issue}#issuecomment-${id}`,
    issue_url: `${api}/issues/${issue}`,
    body,
    user: { ...user(encodeURIComponent(login)), login, type: login.endsWith('[bot]') ? 'Bot' : 'User' },
    author_association: 'NONE',
    created_at: at,
    updated_at: at,
  };
}

export type Relation = 'ahead' | 'behind' | 'identical' | 'diverged';

export function comparisonAnswer(repository: string, base: string, head: string, status: Relation) {
  const api = `https://api.github.com/repos/${repository}`;
  const site = `https://github.com/${repository}/compare/${base}...${head}`;
  const commit = (sha: string) => ({
    url: `${api}/commits/${sha}`,
    sha,
    node_id: 'C_1',
    html_url: `https://github.com/${repository}/commit/${sha}`,
    comments_url: `${api}/commits/${sha}/comments`,
    commit: {
      url: `${api}/git/commits/${sha}`,
      author: { name: 'Mona', email: 'mona@github.com', date: at },
      committer: { name: 'GitHub', email: 'noreply@github.com', date: at },
      message: 'Greet the visitor by name',
      comment_count: 0,
      tree: { sha, url: `${api}/git/trees/${sha}` },
    },
    author: user('mona'),
    committer: null,
    parents: [],
  });
  const count = status === 'identical' ? 0 : 1;
  return {
    url: `${api}/compare/${base}...${head}`,
    html_url: site,
    permalink_url: site,
    diff_url: `${site}.diff`,
    patch_url: `${site}.patch`,
    base_commit: commit(base),
    merge_base_commit: commit(base),
    status,
    ahead_by: status === 'behind' ? 0 : count,
    behind_by: status === 'ahead' ? 0 : count,
    total_commits: status === 'behind' ? 0 : count,
    commits: status === 'ahead' || status === 'diverged' ? [commit(head)] : [],
  };
}

export const errorAnswer = (message: string) => ({
  message,
  documentation_url: 'https://docs.github.com/rest',
});
