/**
 * Stands in for GitHub's API, the one part that can't run here. It checks each request against GitHub's own OpenAPI description, and
 * each of its own answers too, so that no test passes with an API that GitHub does not have.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  type CommentState,
  checkRunAnswer,
  commentAnswer,
  comparisonAnswer,
  type EnvironmentState,
  environmentAnswer,
  errorAnswer,
  type Relation,
  type ReviewState,
  reviewAnswer,
} from './answers.ts';
import { type DescriptionName, type Match, OpenApi } from './openapi.ts';
import { type RunState, runAnswer } from './run-answer.ts';

/** What a request is answered with in place of its answer. */
export type Fault =
  | {
      readonly status: number;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Nothing ever comes. */
  | 'silence'
  /** The head of an answer comes, and half of its body. */
  | 'half an answer'
  /** The connection is closed. */
  | 'hang up'
  /** A proxy answers in place of GitHub. */
  | 'another page';

export interface StandInOptions {
  readonly description?: DescriptionName;
  /** Of GitHub Enterprise Server: `/api/v3`. */
  readonly prefix?: string;
  readonly repository?: string;
}

const UNPROTECTED: EnvironmentState = {
  id: 56780428,
  reviewers: undefined,
  preventSelfReview: false,
  canAdminsBypass: true,
  waitMinutes: undefined,
};

export class GitHubStandIn {
  readonly environments = new Map<string, EnvironmentState>();
  /** The environment of each check run. */
  readonly checkRuns = new Map<number, string | undefined>();
  readonly runs = new Map<number, RunState>();
  readonly reviews: ReviewState[] = [];
  /** Of issues and pull requests. */
  readonly comments: CommentState[] = [];
  /** Of artifacts, by their digests. */
  readonly attestations: AttestationState[] = [];
  /** How many reviews a page has. */
  pageLength = 30;
  /** How `head` relates to `base`; `undefined`: a commit is unknown. */
  relate: (base: string, head: string) => Relation | undefined = () => 'ahead';
  /** The claims of the job's OIDC token; `undefined`: the job may have none. */
  idTokenClaims: Readonly<Record<string, unknown>> | undefined;
  /** `METHOD path?query` of each request, in their order. */
  readonly requests: string[] = [];
  /** The addresses that it was asked for as a proxy. Whatever the address, it answers itself. */
  readonly tunnels: string[] = [];
  readonly authorizations: (string | undefined)[] = [];
  /** What GitHub would not have accepted, or not have answered. */
  readonly problems: string[] = [];
  readonly #faults: { readonly path: RegExp; readonly fault: Fault; left: number }[] = [];
  readonly #repository: string;
  readonly #prefix: string;
  readonly #api: OpenApi;
  readonly #server: Server;

  private constructor({
    description = 'api.github.com',
    prefix = '',
    repository = 'octo/shop',
  }: StandInOptions) {
    this.#api = OpenApi.of(description);
    this.#prefix = prefix;
    this.#repository = repository;
    this.#server = createServer(async (request, response) => {
      try {
        this.#answer(request, await text(request), response);
      } catch (error) {
        this.problems.push(String(error));
        response.destroy();
      }
    });
    this.#server.on('connect', (request, client: Socket) => {
      this.tunnels.push(request.url ?? '');
      const self = connect(this.port, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        self.pipe(client).pipe(self);
      });
      for (const end of [client, self]) end.on('error', () => undefined);
    });
  }

  static async start(options: StandInOptions = {}): Promise<GitHubStandIn> {
    const standIn = new GitHubStandIn(options);
    await new Promise<void>((resolve) => standIn.#server.listen(0, '127.0.0.1', resolve));
    return standIn;
  }

  get port(): number {
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('The server does not listen.');
    return address.port;
  }

  /** For GITHUB_API_URL. */
  get url(): string {
    return `http://127.0.0.1:${this.port}${this.#prefix}`;
  }

  /** For ACTIONS_ID_TOKEN_REQUEST_URL, with a query of its own, as the runner's has. */
  get idTokenUrl(): string {
    return `http://127.0.0.1:${this.port}/idtoken?api-version=2.0`;
  }

  addEnvironment(name: string, state: Partial<EnvironmentState> = {}): void {
    this.environments.set(name, { ...UNPROTECTED, id: UNPROTECTED.id + this.environments.size, ...state });
  }

  addReview(environment: string, login: string, review: Partial<ReviewState> = {}): void {
    this.reviews.push({ environment, login, state: 'approved', comment: '', ...review });
  }

  /** Answers the next requests to `path` with a fault. */
  fail(path: RegExp, fault: Fault, times = Number.POSITIVE_INFINITY): void {
    this.#faults.push({ path, fault, left: times });
  }

  /** @throws Error if something was asked or answered that is not GitHub's API */
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    if (this.problems.length > 0) throw new Error(`Not GitHub's API:\n${this.problems.join('\n')}`);
  }

  #answer(request: IncomingMessage, body: string, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.url);
    this.requests.push(`${request.method} ${url.pathname}${url.search}`);
    this.authorizations.push(request.headers.authorization);
    if (url.pathname === '/idtoken') {
      this.#answerIdToken(url, response);
      return;
    }
    const path = url.pathname.startsWith(`${this.#prefix}/`) ? url.pathname.slice(this.#prefix.length) : '';
    // GitHub's own links to further pages begin with the number of the repository.
    const further = /^\/repositories\/1\/(.+)$/.exec(path)?.[1];
    const match = this.#api.match(
      request.method ?? '',
      further === undefined ? path : `/repos/${this.#repository}/${further}`,
    );
    if (match === undefined) {
      this.problems.push(`${request.method} ${path} is not in GitHub's API`);
      send(response, 404, errorAnswer('Not Found'));
      return;
    }
    if (further === undefined)
      this.problems.push(...this.#api.requestProblems(match, url.searchParams, body));
    const fault = this.#faults.find((each) => each.left > 0 && each.path.test(path));
    if (fault !== undefined) {
      fault.left -= 1;
      this.#sendFault(fault.fault, match, response);
      return;
    }
    const result = this.#resultOf(match, url, body);
    this.#send(match, result.status, result.body, response, result.headers);
  }

  #send(match: Match, status: number, body: unknown, response: ServerResponse, headers = {}): void {
    this.problems.push(...this.#api.responseProblems(match, status, body));
    send(response, status, body, headers);
  }

  #sendFault(fault: Fault, match: Match, response: ServerResponse): void {
    if (fault === 'silence') return;
    if (fault === 'hang up') {
      response.destroy();
    } else if (fault === 'another page') {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in to the network</h1>');
    } else if (fault === 'half an answer') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"id": 56780428,');
    } else {
      const { status, message = 'It failed', headers } = fault;
      this.#send(match, status, errorAnswer(message), response, headers);
    }
  }

  #resultOf({ operation, values }: Match, url: URL, body: string): Result {
    const { owner, repo, environment_name: name = '', check_run_id: id, basehead = '' } = values;
    const repository = `${owner}/${repo}`;
    switch (operation.operationId) {
      case 'repos/get-environment': {
        const state = this.environments.get(name.toLowerCase());
        return state === undefined ? NOT_FOUND : ok(environmentAnswer(repository, name, state));
      }
      case 'checks/get': {
        const number = Number(id);
        if (!this.checkRuns.has(number)) return NOT_FOUND;
        return ok(checkRunAnswer(repository, number, this.checkRuns.get(number)));
      }
      case 'repos/list-attestations': {
        const found = this.attestations.filter(({ digest }) => digest === values['subject_digest']);
        return found.length === 0
          ? NOT_FOUND
          : ok({ attestations: found.map(({ bundle }) => ({ bundle, repository_id: 1 })) });
      }
      case 'repos/create-attestation': {
        const { bundle }: { readonly bundle: AttestationState['bundle'] } = JSON.parse(body);
        this.attestations.push({ digest: subjectOf(bundle), bundle });
        return { status: 201, body: { id: this.attestations.length } };
      }
      case 'actions/get-workflow-run': {
        const state = this.runs.get(Number(values['run_id']));
        return state === undefined ? NOT_FOUND : ok(runAnswer(repository, Number(values['run_id']), state));
      }
      case 'actions/get-reviews-for-run':
        return this.#reviewPage(url);
      case 'issues/list-comments': {
        const from = (Number(url.searchParams.get('page') ?? '1') - 1) * PER_PAGE;
        const onIssue = this.comments.filter(({ issue }) => issue === Number(values['issue_number']));
        return ok(onIssue.slice(from, from + PER_PAGE).map((each) => commentAnswer(repository, each)));
      }
      case 'issues/create-comment': {
        const comment = {
          ...{
            id: this.comments.length + 1,
            issue: Number(values['issue_number']),
            login: 'github-actions[bot]',
          },
          body: bodyIn(body),
        };
        this.comments.push(comment);
        return { status: 201, body: commentAnswer(repository, comment) };
      }
      case 'issues/update-comment': {
        const comment = this.comments.find((each) => each.id === Number(values['comment_id']));
        if (comment === undefined) return NOT_FOUND;
        comment.body = bodyIn(body);
        return ok(commentAnswer(repository, comment));
      }
      default: {
        const [base = '', head = ''] = basehead.split('...');
        const relation = this.relate(base, head);
        return relation === undefined ? NOT_FOUND : ok(comparisonAnswer(repository, base, head, relation));
      }
    }
  }

  #reviewPage(url: URL): Result {
    const page = Number(url.searchParams.get('page') ?? '1');
    const all = this.reviews.map((review) =>
      reviewAnswer(this.#repository, this.environments.get(review.environment)?.id ?? 0, review),
    );
    const from = (page - 1) * this.pageLength;
    const path = url.pathname.replace(`/repos/${this.#repository}/`, '/repositories/1/');
    const next = `<http://127.0.0.1:${this.port}${path}?page=${page + 1}>; rel="next"`;
    const headers = from + this.pageLength < all.length ? { link: next } : {};
    return { ...ok(all.slice(from, from + this.pageLength)), headers };
  }

  #answerIdToken(url: URL, response: ServerResponse): void {
    if (!url.searchParams.has('api-version') || !url.searchParams.has('audience'))
      this.problems.push(`The request for an OIDC token lacks a parameter: ${url.search}`);
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    send(response, 200, { value: `${part({ alg: 'RS256' })}.${part(this.idTokenClaims)}.c2lnbmF0dXJl` });
  }
}

export interface AttestationState {
  readonly digest: string;
  /** A Sigstore bundle. */
  readonly bundle: { readonly dsseEnvelope?: { readonly payload: string } };
}

/** What a bundle is about. */
function subjectOf({ dsseEnvelope }: AttestationState['bundle']): string {
  const { subject } = JSON.parse(Buffer.from(dsseEnvelope?.payload ?? '', 'base64').toString());
  return `sha256:${subject[0].digest.sha256}`;
}

interface Result {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The longest page of GitHub's. */
const PER_PAGE = 100;

/** The text of a comment that is to be written. */
function bodyIn(request: string): string {
  const { body }: { readonly body: string } = JSON.parse(request);
  return body;
}

const ok = (body: unknown): Result => ({ status: 200, body });
const NOT_FOUND: Result = { status: 404, body: errorAnswer('Not Found') };

function send(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
    .end(JSON.stringify(body));
}
