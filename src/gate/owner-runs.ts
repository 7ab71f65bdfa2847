import { messageOf } from '../model/errors.ts';
import type { Initiator } from '../model/initiator.ts';
import { asNumber, asObject } from '../model/json.ts';
import { githubVariables } from '../run/github-variables.ts';
import { requireApiUrl } from './gate-context.ts';
import { GITHUB_TIMES, type GitHubOptions } from './github.ts';
import { connectToGitHub } from './github-client.ts';

/** An attempt of a workflow run. Only an attempt ends for good: a run may be started again. */
interface RunAttempt {
  readonly owner: string;
  readonly repo: string;
  readonly id: number;
  readonly attempt: number;
}

/** Milliseconds between two questions, and for one: what failed is asked again. */
const ASK_INTERVAL = 10_000;

/**
 * Whether the runs that have locks are over, by GitHub's API. Nobody waits for its answer. If it can't be asked, they are not known to be over.
 */
export class OwnerRuns implements Disposable {
  readonly #token: string | undefined;
  readonly #options: GitHubOptions;
  readonly #closed = new AbortController();
  readonly #ended = new Set<string>();
  readonly #askAgainAt = new Map<string, number>();

  /** @param token for GitHub's API; `undefined`: it is never asked */
  constructor(token: string | undefined, { log, signal }: Pick<GitHubOptions, 'log' | 'signal'>) {
    this.#token = token;
    this.#options = {
      ...GITHUB_TIMES,
      retryPolicy: { ...GITHUB_TIMES.retryPolicy, attempts: 1 },
      requestTimeout: ASK_INTERVAL,
      log: { ...log, info: log.debug, notice: log.debug, warning: log.debug },
      signal: AbortSignal.any([signal, this.#closed.signal]),
    };
  }

  /** What GitHub has said so far. It is asked meanwhile, at most every ten seconds. */
  hasEnded({ runUrl = '' }: Initiator): boolean {
    if (this.#ended.has(runUrl)) return true;
    const run = parseAttempt(runUrl);
    const now = performance.now();
    if (run === undefined || this.#token === undefined || now < (this.#askAgainAt.get(runUrl) ?? 0))
      return false;
    this.#askAgainAt.set(runUrl, now + ASK_INTERVAL);
    this.#ask(run, this.#token).then(
      (isOver) => isOver && this.#ended.add(runUrl),
      (error: unknown) => this.#options.log.debug(messageOf(error)),
    );
    return false;
  }

  async #ask({ owner, repo, id, attempt }: RunAttempt, token: string): Promise<boolean> {
    const apiUrl = requireApiUrl(githubVariables().apiUrl);
    const github = await connectToGitHub({ apiUrl, owner, repo, token }, this.#options);
    const { run_attempt: latest, status } = asObject(await github.getRun(id));
    // It starts again only after the attempt before has ended.
    return (asNumber(latest) ?? 0) > attempt || (latest === attempt && status === 'completed');
  }

  [Symbol.dispose](): void {
    this.#closed.abort(new Error('Nobody waits for the answer any more.'));
  }
}

/** `https://github.com/octo/shop/actions/runs/4711/attempts/2`, on the server whose API is asked. */
function parseAttempt(runUrl: string): RunAttempt | undefined {
  const { serverUrl } = githubVariables();
  if (!runUrl.startsWith(`${serverUrl}/`)) return undefined;
  const match = /^\/([\w-]+)\/([\w.-]+)\/actions\/runs\/(\d+)\/attempts\/([1-9]\d*)$/.exec(
    runUrl.slice(serverUrl.length),
  );
  const [, owner, repo, id, attempt] = match ?? [];
  return owner === undefined || repo === undefined
    ? undefined
    : { owner, repo, id: Number(id), attempt: Number(attempt) };
}
