/** Who visits: kinds of visitors, how many of each, where, and how often. */
import type { Place } from '../http.ts';
import type { Kind } from './visitor.ts';
import { events } from './visitors/events.ts';
import { http2 } from './visitors/http2.ts';
import { download, upload } from './visitors/large.ts';
import { plainKinds } from './visitors/plain.ts';
import { slow, slowBody } from './visitors/slow.ts';
import { webSocket } from './visitors/websocket.ts';

export interface Group {
  readonly kind: Kind;
  readonly place: Place;
  readonly visitors: number;
  /** Milliseconds that a visitor waits after an answer, in the mean; by chance between half and one and a half of it. */
  readonly pause: number;
}

export interface CrowdOptions {
  /** Of each kind. */
  readonly visitors?: number;
  readonly pause?: number;
}

/** Milliseconds that a stream lasts at most, unless it is said; less than any drain-timeout. */
const LONGEST = 5000;
const longKinds = (longest: number): readonly Kind[] =>
  [slow, slowBody, upload, download, events, webSocket].map((kind) => kind(longest));

/** GET and POST, each over kept and over fresh connections. */
export function plainCrowd(place: Place, { visitors = 2, pause = 20 }: CrowdOptions = {}): readonly Group[] {
  return plainKinds.map((kind) => ({ kind, place, visitors, pause }));
}

/**
 * All kinds, at about 250 requests a second, which leaves most of two cores to those who answer.
 *
 * @param plain where the app has a published port
 * @param secure where it has a domain: HTTP/2 is spoken there, and some of the others too
 * @param longest milliseconds that a stream or a slow answer lasts, at most
 */
export function everyKind(plain: Place, secure?: Place, longest = LONGEST): readonly Group[] {
  const groups = [
    ...plainCrowd(plain, { visitors: 2, pause: 40 }),
    ...longKinds(longest).map((kind) => ({ kind, place: plain, visitors: 2, pause: 100 })),
  ];
  if (secure === undefined) return groups;
  return [
    ...groups,
    { kind: http2, place: secure, visitors: 1, pause: 60 },
    ...plainKinds.filter(({ name }) => name.endsWith('kept')).map((kind) => securely(kind, secure)),
    ...[upload(longest), events(longest)].map((kind) => securely(kind, secure)),
  ];
}

function securely(kind: Kind, place: Place): Group {
  return { kind: { ...kind, name: `${kind.name}, TLS` }, place, visitors: 1, pause: 100 };
}
