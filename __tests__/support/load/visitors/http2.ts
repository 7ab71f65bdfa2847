/** HTTP/2, as browsers speak it over TLS: several streams side by side in one session, for as long as it lasts. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import type { Place } from '../../http.ts';
import { releaseOf, wrongAnswer } from '../exchange.ts';
import type { Random } from '../random.ts';
import { type Answer, type Kind, PATIENCE } from '../visitor.ts';

/** The other side has surely done nothing for this stream (RFC 9113, 8.7): a client asks again in a new session. */
class Refused extends Error {}

export const http2: Kind = {
  name: 'HTTP/2',
  quick: true,
  lanes: 4,
  arrive(place, random) {
    const sessions = new Sessions(place, random);
    return {
      async visit() {
        const length = random.whole(0, 3) === 0 ? random.whole(1, 10_000) : undefined;
        try {
          return await stream(sessions.current(), random, length);
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
          return await stream(sessions.current(), random, length);
        }
      },
      leave: () => sessions.close(),
    };
  },
};

/** The session that streams are begun in: another one after so many, or when the other side says GOAWAY. */
class Sessions {
  readonly #place: Place;
  readonly #random: Random;
  #session: ClientHttp2Session | undefined;
  #left = 0;

  constructor(place: Place, random: Random) {
    this.#place = place;
    this.#random = random;
  }

  current(): ClientHttp2Session {
    const kept = this.#session;
    if (kept !== undefined && this.#left > 0 && !kept.closed && !kept.destroyed) {
      this.#left -= 1;
      return kept;
    }
    // Streams that are under way in it end first.
    kept?.close();
    const session = connect(this.#place.url, { ...this.#place.connect, ALPNProtocols: ['h2'] });
    const forget = (): void => {
      if (this.#session === session) this.#session = undefined;
    };
    session.on('goaway', forget);
    session.on('close', forget);
    // Told by each of its streams too, which is where it counts.
    session.on('error', forget);
    this.#session = session;
    this.#left = this.#random.whole(50, 200);
    return session;
  }

  close(): void {
    this.#session?.close();
  }
}

function stream(session: ClientHttp2Session, random: Random, length: number | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = length === undefined ? undefined : Buffer.alloc(length, random.text(8));
    const headers =
      sent === undefined
        ? { ':path': `/?visit=${random.text(8)}` }
        : { ':path': '/echo', ':method': 'POST', 'content-length': sent.length };
    const asked = session.request(headers);
    asked.setTimeout(PATIENCE, () => asked.destroy(new Error(`not answered in ${PATIENCE} ms`)));
    const pieces: Buffer[] = [];
    let status = 0;
    let release: string | undefined;
    let chosen = 0;
    let announced: number | undefined;
    asked.on('response', (got) => {
      chosen = performance.now();
      status = got[':status'] ?? 0;
      release = releaseOf(got['x-release']);
      announced = got['content-length'] === undefined ? undefined : Number(got['content-length']);
    });
    asked.on('data', (piece: Buffer) => pieces.push(piece));
    asked.on('end', () => {
      const body = Buffer.concat(pieces);
      const error = wrongAnswer(status, release, body);
      if (error !== undefined || release === undefined) reject(error);
      else if (announced !== undefined && announced !== body.length) {
        reject(new Error(`release ${release}: ${body.length} of ${announced} bytes came`));
      } else if (sent !== undefined && !body.equals(sent)) {
        reject(
          new Error(`release ${release}: ${body.length} of ${sent.length} bytes came back, or not the same`),
        );
      } else resolve({ release, chosen });
    });
    asked.on('error', (error) => reject(refused(asked) ? new Refused(error.message) : error));
    // A session that ends takes its streams with it without an error.
    asked.on('close', () => reject(new Error(`the stream was closed, code ${asked.rstCode}`)));
    asked.end(sent);
  });
}

const refused = ({ rstCode }: ClientHttp2Stream): boolean => rstCode === constants.NGHTTP2_REFUSED_STREAM;
