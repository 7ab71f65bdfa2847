import { once } from 'node:events';
import { type Agent, type IncomingHttpHeaders, request } from 'node:http';
import { request as requestSecurely } from 'node:https';
import { connect, type LookupFunction } from 'node:net';
import { patience, until } from './patience.ts';

/** Where something is found, and whom to trust there. */
export interface Place {
  /** `http://172.31.128.11:20001/`, `https://app.s1.test/` */
  readonly url: string;
  /** For TLS, and for names that only the lab knows. */
  readonly connect?: Connect | undefined;
}

interface Connect {
  readonly lookup?: LookupFunction | undefined;
  readonly ca?: string;
  /** The name that is asked for in TLS, whatever the Host header says. */
  readonly servername?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface AskOptions {
  readonly method?: string;
  /** The Host header: the domain that is asked for at this address. */
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Keeps connections; without one each question has its own. */
  readonly agent?: Agent;
  /** Milliseconds without a byte. */
  readonly timeout?: number;
  readonly connect?: Connect | undefined;
}

/** Milliseconds without a byte after which nobody answers any more, unless it is said. */
const SILENT_FOR = 20_000 + patience(100);

/** The address of this machine as a server sees it, at a port that is open there. */
export async function addressSeenBy(host: string, port: number): Promise<string> {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return socket.localAddress ?? '';
  } finally {
    socket.destroy();
  }
}

/** Asks an address once: no retry, no redirect, so that what a visitor would meet is what a test meets. */
export function ask(url: string, options: AskOptions = {}): Promise<Answer> {
  const { method = 'GET', host, headers = {}, body, agent = false, timeout = SILENT_FOR, connect } = options;
  const send = url.startsWith('https:') ? requestSecurely : request;
  return new Promise((resolve, reject) => {
    const all = { ...headers, ...(host === undefined ? {} : { host }) };
    const question = send(url, { ...connect, method, headers: all, agent, timeout }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
      response.on('error', reject);
    });
    question.on('timeout', () => question.destroy(new Error(`${url}: no answer in ${timeout} ms`)));
    question.on('error', reject);
    question.end(body);
  });
}

/** Asks until the answer is as wanted. */
export async function askUntil(
  url: string,
  wanted: (answer: Answer) => boolean,
  { within, ...options }: AskOptions & { readonly within?: number } = {},
): Promise<Answer> {
  let answer: Answer | undefined;
  const isSo = async (): Promise<boolean> => {
    answer = await ask(url, options);
    if (wanted(answer)) return true;
    throw new Error(`${answer.status} ${answer.body}`);
  };
  await until(`${url} answers as wanted`, isSo, within);
  if (answer === undefined) throw new Error(`${url} did not answer.`);
  return answer;
}

/** Resolves once something listens on a port. */
export async function untilListening(host: string, port: number): Promise<void> {
  const listening = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port, host, () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
  await until(`something listens on ${host}:${port}`, listening);
}
