import { parseImageReference } from '../model/image.ts';
import { DOCKER_HUB, hubPath, registryOf } from '../model/registry.ts';
import { requestWeb } from './web-request.ts';

/** Milliseconds. The answer only says when to try again. */
const ANSWER_TIMEOUT = 5_000;

/** A registry that is busy for some microseconds only, as ghcr.io says, would be asked too often. */
const SHORTEST_WAIT = 1_000;

const GO_UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** Milliseconds that a registry wants to be left alone, if the text of its error says so: ghcr.io's `retry-after: 1m30.5s`. */
export function retryAfterInText(text: string): number | undefined {
  const found = /retry-after:? *(?<duration>(?:[\d.]+(?:h|ms|m|s|µs|us|ns))+)/i.exec(text)?.groups?.[
    'duration'
  ];
  if (found === undefined) return undefined;
  const parts = [...found.matchAll(/(?<count>[\d.]+)(?<unit>h|ms|m|s|µs|us|ns)/g)];
  const wait = parts.reduce(
    (sum, { groups }) => sum + Number(groups?.['count']) * (GO_UNITS[groups?.['unit'] ?? ''] ?? 0),
    0,
  );
  return Math.max(SHORTEST_WAIT, wait);
}

/** Milliseconds of the header `Retry-After`: seconds or a date (RFC 9110, 10.2.3). */
export function retryAfterOfHeader(header: string | null, now = Date.now()): number | undefined {
  if (header === null) return undefined;
  const wait = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(wait) ? undefined : Math.max(SHORTEST_WAIT, wait);
}

/**
 * Asks a registry when it will answer for an image again. An engine does not pass on `Retry-After`. Nobody is logged in for that: a
 * registry that has too much to do says so before it asks who somebody is.
 * @returns milliseconds; `undefined` if it does not say
 * @throws the signal's reason
 */
export async function askRetryAfter(image: string, signal: AbortSignal): Promise<number | undefined> {
  const path = manifestPath(image);
  for (const scheme of ['https', 'http']) {
    try {
      const { status, headers } = await requestWeb(`${scheme}://${path}`, {
        method: 'HEAD',
        headers: { 'user-agent': 'sealift' },
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT)]),
      });
      return status === 429 || status === 503 ? retryAfterOfHeader(headers.get('retry-after')) : undefined;
    } catch {
      signal.throwIfAborted();
    }
  }
  return undefined;
}

/** `registry.example.com/v2/me/shop/manifests/v1` */
function manifestPath(image: string): string {
  const { repository, tag = 'latest', digest = tag } = parseImageReference(image, 'image');
  const registry = registryOf(repository);
  if (registry !== DOCKER_HUB) return `${repository.replace('/', '/v2/')}/manifests/${digest}`;
  return `registry-1.docker.io/v2/${hubPath(repository)}/manifests/${digest}`;
}
