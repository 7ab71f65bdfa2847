/**
 * Steady traffic, as browsers and other services send it: kept and fresh connections, GET and POST. Counts what failed and
 * which version answered.
 */
import { Agent as HttpAgent, request as httpRequest, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export interface LoadOptions {
  /** Visitors of each kind: GET and POST, each on kept and on fresh connections. */
  readonly visitors?: number;
  /** Milliseconds that a visitor waits after an answer. */
  readonly pause?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** For TLS and names that only the lab knows. */
  readonly connect?: Pick<RequestOptions, 'lookup'> & { readonly ca?: string };
  /** Which version answered; the default is `version` of a JSON body. */
  readonly versionOf?: (body: string) => string;
}

export interface Failure {
  /** `POST on a kept connection`, with the time of day. */
  readonly what: string;
  /** Milliseconds since the load began. */
  readonly at: number;
  readonly why: string;
}

export interface LoadResult {
  readonly requests: number;
  readonly failures: readonly Failure[];
  /** Answers by version. */
  readonly answers: ReadonlyMap<string, number>;
  /** Longest and median time of an answer, milliseconds. */
  readonly slowest: number;
  readonly median: number;
}

export interface Load {
  /** Resolves after so many further answers of a version; fails when they take too long. */
  answered(version: string, count?: number): Promise<void>;
  /** Ends the load once every request in flight is answered. */
  stop(): Promise<LoadResult>;
}

const BODY = 'x'.repeat(1000);
/** A request that takes longer counts as failed. */
const PATIENCE = 15_000;
const ANSWERED_WITHIN = 30_000;

/** Begins to send requests to an address, until it is told to stop. */
export function startLoad(url: string, options: LoadOptions = {}): Load {
  const { visitors = 2, pause = 5, headers = {}, connect = {}, versionOf = versionInJson } = options;
  const tls = url.startsWith('https:');
  const began = performance.now();
  const failures: Failure[] = [];
  const answers = new Map<string, number>();
  const times: number[] = [];
  const waiting = new Set<() => void>();
  let goesOn = true;

  function ask(method: string, agent: HttpAgent | false): Promise<string> {
    return new Promise((resolve, reject) => {
      const send = tls ? httpsRequest : httpRequest;
      const question = send(url, { method, headers, agent, ...connect }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => {
          body += piece;
        });
        response.on('end', () => {
          if (response.statusCode === 200) resolve(versionOf(body));
          else reject(new Error(`status ${response.statusCode}: ${body.slice(0, 200)}`));
        });
        response.on('error', reject);
      });
      question.setTimeout(PATIENCE, () => question.destroy(new Error(`no answer in ${PATIENCE} ms`)));
      question.on('error', reject);
      question.end(method === 'POST' ? BODY : undefined);
    });
  }

  async function visit(method: string, kept: boolean): Promise<void> {
    const agent =
      kept &&
      (tls
        ? new HttpsAgent({ keepAlive: true, maxSockets: 1 })
        : new HttpAgent({ keepAlive: true, maxSockets: 1 }));
    while (goesOn) {
      const asked = performance.now();
      try {
        const version = await ask(method, agent);
        answers.set(version, (answers.get(version) ?? 0) + 1);
      } catch (error) {
        const what = `${method} on a ${kept ? 'kept' : 'fresh'} connection, ${new Date().toISOString()}`;
        failures.push({ what, at: Math.round(asked - began), why: String(error) });
      }
      times.push(performance.now() - asked);
      for (const look of waiting) look();
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    }
    if (agent !== false) agent.destroy();
  }

  const kinds = [
    ['GET', true],
    ['GET', false],
    ['POST', true],
    ['POST', false],
  ] as const;
  const running = kinds.flatMap(([method, kept]) =>
    Array.from({ length: visitors }, () => visit(method, kept)),
  );

  return {
    answered(version, count = 1) {
      const wanted = (answers.get(version) ?? 0) + count;
      return new Promise((resolve, reject) => {
        const enough = (): boolean => (answers.get(version) ?? 0) >= wanted;
        const look = (): void => {
          if (!enough()) return;
          end();
          resolve();
        };
        const giveUp = setTimeout(() => {
          end();
          const seen = [...answers].map(([name, times]) => `${times} of ${name}`).join(', ') || 'none';
          reject(
            new Error(
              `${url}: no ${count} further answers of ${version} in ${ANSWERED_WITHIN} ms. Answers: ${seen}; failures: ${failures.length}, the last: ${failures.at(-1)?.why}`,
            ),
          );
        }, ANSWERED_WITHIN);
        const end = (): void => {
          clearTimeout(giveUp);
          waiting.delete(look);
        };
        waiting.add(look);
      });
    },
    async stop() {
      goesOn = false;
      await Promise.all(running);
      times.sort((one, other) => one - other);
      return {
        requests: times.length,
        failures,
        answers,
        slowest: Math.round(times.at(-1) ?? 0),
        median: Math.round((times[Math.floor(times.length / 2)] ?? 0) * 10) / 10,
      };
    },
  };
}

/** What the probe app answers. */
function versionInJson(body: string): string {
  const answer: unknown = JSON.parse(body);
  if (typeof answer === 'object' && answer !== null && 'version' in answer) return String(answer.version);
  throw new Error(`not an answer of the app: ${body.slice(0, 200)}`);
}
