import { SealiftError } from '../model/errors.ts';
import type { Question } from './github-errors.ts';

/** A repository that was renamed has moved once. */
const MAX_REDIRECTS = 5;

type Fetch = (url: string, options: RequestInit) => Promise<Response>;

/** GitHub's API, or what answers in its place, sends the client to another server, or in a circle. */
export class RedirectError extends Error {
  readonly status: number;
  /** Where to; `undefined` if the answer does not say. */
  readonly target: URL | undefined;

  constructor(status: number, target: URL | undefined) {
    super(`HTTP ${status}`);
    this.status = status;
    this.target = target;
  }
}

/**
 * A `fetch` that follows redirects on one server. To another one, `fetch` itself would go without the token: what answers there says
 * nothing.
 * @throws RedirectError for any other redirect
 */
export function followOnServer(fetch: Fetch, baseUrl: string): Fetch {
  const { origin } = new URL(baseUrl);
  return async (url, options) => {
    const request = { ...options, redirect: 'manual' } as const;
    let response = await fetch(url, request);
    for (let count = 0; isRedirect(response); count += 1) {
      const location = response.headers.get('location');
      const target = location === null ? null : URL.parse(location, response.url);
      if (target?.origin !== origin || count === MAX_REDIRECTS)
        throw new RedirectError(response.status, target ?? undefined);
      response = await fetch(target.href, request);
    }
    return response;
  };
}

const isRedirect = ({ status }: Response): boolean => [301, 302, 303, 307, 308].includes(status);

/** The query of the address is left out: that of a login page may hold what nobody should read. */
export function redirectError(error: RedirectError, { what, apiUrl }: Question): SealiftError {
  const { status, target } = error;
  const to = target === undefined ? 'elsewhere' : `to ${target.origin}${target.pathname}`;
  return new SealiftError(
    `Cannot read ${what}: ${apiUrl} redirects ${to} (HTTP ${status}). Check that GITHUB_API_URL is the address of GitHub's API itself, and that no proxy answers in its place.`,
    { cause: error },
  );
}
