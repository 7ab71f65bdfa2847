import type { Context } from './expressions.ts';

/** What made a workflow run, as `github.event` tells it. */
export interface Event {
  readonly name: 'push' | 'pull_request' | 'workflow_dispatch' | 'release';
  /** `refs/heads/main`, `refs/tags/v1.2.0`, `refs/pull/7/merge`. */
  readonly ref: string;
  readonly payload: Context;
  /** `pull_request` only. */
  readonly headRef: string;
  readonly baseRef: string;
}

export interface EventOptions {
  readonly sha: string;
  readonly repository: string;
  readonly actor: string;
  readonly ref: string;
}

/** The event that leads to `ref`: a push of a branch or a tag, or a pull request. Only the fields that an action reads are real. */
export function eventFor(options: EventOptions): Event {
  const pull = /^refs\/pull\/(\d+)\/merge$/.exec(options.ref)?.[1];
  return pull === undefined ? push(options) : pullRequest(options, Number(pull));
}

/** A person has started the workflow, with these inputs. */
export function dispatchEvent(options: EventOptions, inputs: Readonly<Record<string, string>>): Event {
  const { repository, actor, ref } = options;
  return {
    ...{ name: 'workflow_dispatch', ref, headRef: '', baseRef: '' },
    payload: { inputs, ref, repository: repositoryOf(repository), sender: user(actor) },
  };
}

function push({ sha, repository, actor, ref }: EventOptions): Event {
  const commit = {
    id: sha,
    tree_id: sha.split('').reverse().join(''),
    distinct: true,
    message: 'Greet the visitor by name',
    timestamp: '2026-03-02T09:30:00+01:00',
    url: `https://github.com/${repository}/commit/${sha}`,
    author: { name: actor, email: `${actor}@users.noreply.github.com`, username: actor },
    committer: { name: 'GitHub', email: 'noreply@github.com', username: 'web-flow' },
    added: [],
    removed: [],
    modified: ['server.js'],
  };
  return {
    name: 'push',
    ref,
    headRef: '',
    baseRef: '',
    payload: {
      ref,
      before: '0'.repeat(40),
      after: sha,
      created: ref.startsWith('refs/tags/'),
      deleted: false,
      forced: false,
      base_ref: null,
      compare: `https://github.com/${repository}/commit/${sha}`,
      commits: [commit],
      head_commit: commit,
      repository: repositoryOf(repository),
      pusher: { name: actor, email: `${actor}@users.noreply.github.com` },
      sender: user(actor),
    },
  };
}

export type PullRequestAction = 'opened' | 'synchronize' | 'closed';

/** A pull request was opened, got a new commit or was closed. */
export function pullRequest(
  { sha, repository, actor, ref }: EventOptions,
  number: number,
  action: PullRequestAction = 'synchronize',
): Event {
  return {
    name: 'pull_request',
    ref,
    headRef: 'greet-by-name',
    baseRef: 'main',
    payload: {
      action,
      number,
      pull_request: {
        number,
        state: action === 'closed' ? 'closed' : 'open',
        title: 'Greet the visitor by name',
        html_url: `https://github.com/${repository}/pull/${number}`,
        user: user(actor),
        head: { ref: 'greet-by-name', sha, repo: repositoryOf(repository) },
        base: { ref: 'main', sha: '0'.repeat(40), repo: repositoryOf(repository) },
        merged: false,
      },
      repository: repositoryOf(repository),
      sender: user(actor),
    },
  };
}

function repositoryOf(fullName: string): Context {
  const [owner = '', name = ''] = fullName.split('/');
  return {
    id: 186853002,
    name,
    full_name: fullName,
    private: false,
    owner: user(owner),
    html_url: `https://github.com/${fullName}`,
    url: `https://api.github.com/repos/${fullName}`,
    default_branch: 'main',
    visibility: 'public',
  };
}

function user(login: string): Context {
  return { login, id: 21031067, type: 'User', html_url: `https://github.com/${login}` };
}
