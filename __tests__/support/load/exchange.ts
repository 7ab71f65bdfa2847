/** One HTTP/1.1 exchange, without redirect and without retry: what a visitor would meet is what is counted. */
import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Place } from '../http.ts';
import { type Answer, PATIENCE, Unanswered } from './visitor.ts';

export interface Question {
  readonly method?: string;
  /** With the query: `/slow?ms=100`. */
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly agent?: Agent | false;
  /** What is sent, piece by piece. */
  readonly body?: AsyncIterable<Buffer> | Iterable<Buffer>;
}

export interface Exchange extends Answer {
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** An agent with one connection, which is kept. */
export function keptConnection({ url }: Place): Agent {
  const options = { keepAlive: true, maxSockets: 1 };
  return url.startsWith('https:') ? new HttpsAgent(options) : new Agent(options);
}

/**
 * Asks, and gives the whole answer.
 *
 * @param onPiece is told of each piece of the answer as it comes, and of the release that it comes from
 * @throws Unanswered when no release answered; Error for any status but 200, a broken connection, too long a wait
 */
export function exchange(
  place: Place,
  { method = 'GET', path, headers = {}, agent = false, body }: Question,
  onPiece?: (piece: Buffer, release: string) => void,
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const send = place.url.startsWith('https:') ? httpsRequest : request;
    const url = new URL(path, place.url);
    const question = send(url, { method, headers, agent, ...place.connect }, (response) => {
      const chosen = performance.now();
      const release = releaseOf(response.headers['x-release']);
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => {
        pieces.push(piece);
        if (release !== undefined && response.statusCode === 200) onPiece?.(piece, release);
      });
      response.on('end', () => {
        const got = Buffer.concat(pieces);
        const error = wrongAnswer(response.statusCode ?? 0, release, got);
        if (error !== undefined || release === undefined) reject(error);
        else resolve({ release, chosen, headers: response.headers, body: got });
      });
      response.on('error', (error) => reject(named(error, release)));
    });
    // Not until it is silent for so long, but in all: a stream that trickles for ever must end too.
    const giveUp = setTimeout(
      () => question.destroy(new Error(`not answered whole in ${PATIENCE} ms`)),
      PATIENCE,
    );
    question.on('close', () => clearTimeout(giveUp));
    question.on('error', reject);
    if (body === undefined) question.end();
    else void sendAll(question, body).catch(reject);
  });
}

/** Why an answer is not what was asked for; `undefined` if it is. */
export function wrongAnswer(status: number, release: string | undefined, body: Buffer): Error | undefined {
  const said = `status ${status}: ${body.toString('utf8', 0, 200).trim()}`;
  if (release === undefined) return new Unanswered(said);
  return status === 200 ? undefined : new Error(`release ${release}, ${said}`);
}

export function releaseOf(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}

function named(error: Error, release: string | undefined): Error {
  return release === undefined
    ? error
    : new Error(`release ${release} began to answer: ${error.message}`, { cause: error });
}

async function sendAll(
  question: ReturnType<typeof request>,
  body: NonNullable<Question['body']>,
): Promise<void> {
  for await (const piece of body) {
    if (question.destroyed) return;
    if (!question.write(piece)) {
      await new Promise<void>((resolve) => {
        const go = (): void => {
          question.off('drain', go).off('close', go);
          resolve();
        };
        question.on('drain', go).on('close', go);
      });
    }
  }
  question.end();
}
