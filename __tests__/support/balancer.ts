/** A balancer in front of several addresses, as stands before a swarm: it asks each one whether it is well, and sends requests only there. */
import {
  createServer,
  type Server as HttpServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import { ask } from './http.ts';

/** Milliseconds between two questions to an address. */
const CHECK_INTERVAL = 100;

/** An address that gives no answer so often in a row is not well, as `fall` of HAProxy says; one that answers so is not at once. */
const FALL = 3;

export interface Balancer extends AsyncDisposable {
  /** `http://127.0.0.1:4711/` */
  readonly url: string;
}

/** @param addresses `http://172.31.12.11:8080`, each with a path `/up` */
export async function startBalancer(addresses: readonly string[]): Promise<Balancer> {
  const well = new Set<string>();
  const stopping = new AbortController();
  const checks = addresses.map(async (address) => {
    let unanswered = 0;
    while (!stopping.signal.aborted) {
      const answer = await ask(`${address}/up`, { timeout: 1000 }).catch(() => undefined);
      unanswered = answer === undefined ? unanswered + 1 : 0;
      if (answer?.status === 200) well.add(address);
      else if (answer !== undefined || unanswered >= FALL) well.delete(address);
      await new Promise((resolve) => setTimeout(resolve, CHECK_INTERVAL));
    }
  });
  const server = forwarding(well);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const place = server.address();
  if (typeof place !== 'object' || place === null) throw new Error('The balancer has no port.');
  return {
    url: `http://127.0.0.1:${place.port}/`,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await Promise.all(checks);
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Sends each request to another address, by a connection of its own; to the next one where nobody listens any more. */
function forwarding(well: ReadonlySet<string>): HttpServer {
  let turn = 0;
  const server = createServer((question, answer) => {
    const pieces: Buffer[] = [];
    question.on('data', (piece: Buffer) => pieces.push(piece));
    question.on('end', () => {
      turn += 1;
      const addresses = [...well];
      const first = turn % Math.max(addresses.length, 1);
      pass(
        [...addresses.slice(first), ...addresses.slice(0, first)],
        question,
        Buffer.concat(pieces),
        answer,
      );
    });
  });
  // Closes no kept connection by itself: a visitor who sends a request at that moment would lose it, on a machine that stood still.
  server.keepAliveTimeout = 0;
  return server;
}

function pass(
  [address, ...others]: readonly string[],
  question: IncomingMessage,
  body: Buffer,
  answer: ServerResponse,
): void {
  const fail = (why: string): void => {
    answer.writeHead(502);
    answer.end(why);
  };
  if (address === undefined) {
    fail('nobody is well');
    return;
  }
  const { method, url = '/' } = question;
  const headers = withoutConnection(question.headers);
  const passed = request(`${address}${url}`, { method, headers, agent: false }, (response) => {
    answer.writeHead(response.statusCode ?? 502, withoutConnection(response.headers));
    response.pipe(answer);
  });
  passed.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNREFUSED' && others.length > 0) pass(others, question, body, answer);
    else fail(`${address}: ${error.message}`);
  });
  passed.end(body);
}

/** Headers without those of one connection, of which a request has two here (RFC 9110, 7.6.1). */
function withoutConnection(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { connection: _, 'keep-alive': __, ...others } = headers;
  return others;
}
