/** An app that speaks gRPC, or other HTTP/2 without TLS, and one that calls it. */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
} from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll } from '@jest/globals';
import type { ActionRun, Inputs } from './action.ts';
import { compose } from './apps/probe.ts';
import type { Lab } from './lab.ts';
import { patience, patienceInput } from './patience.ts';
import { succeeded, type TestApp, testApp } from './test-app.ts';

/**
 * `HOW`: `grpc`, or `http` for an app that speaks HTTP/1.1 and no HTTP/2. `HEALTH`: the status that its health check tells (1 is
 * SERVING, 2 is NOT_SERVING), or `none` without a health check. A call answers `<version> for <address of the visitor>`; the method
 * `Talk` answers each message until its caller ends.
 */
const GRPC_APP = `
const { createServer } = require('node:http2');
const { VERSION, HOW, HEALTH } = process.env;
const CHECK = '/grpc.health.v1.Health/Check';
const message = (text) => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(text.length, 1);
  return Buffer.concat([head, Buffer.from(text)]);
};
function call(stream, headers) {
  stream.on('error', () => {});
  const method = headers[':path'];
  const head = { ':status': 200, 'content-type': 'application/grpc' };
  if (method === CHECK && HEALTH === 'none') return stream.respond({ ...head, 'grpc-status': '12' }, { endStream: true });
  stream.respond(head, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  if (method === CHECK) return stream.end(message(Buffer.from([8, Number(HEALTH)])));
  if (!method.endsWith('/Talk')) return stream.end(message(VERSION + ' for ' + headers['x-forwarded-for']));
  stream.on('data', (data) => stream.write(message(VERSION + ' heard ' + data)));
  stream.on('end', () => stream.end());
}
const server = HOW === 'http'
  ? require('node:http').createServer((_, answer) => answer.end(VERSION))
  : createServer().on('stream', call);
server.listen(50051);
process.on('SIGTERM', () => process.exit(0));
`;

/** What came of a call. */
export interface CallResult {
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
}

/** Where a gRPC server is found: a published port, or a domain with its authority. */
export type GrpcPlace = string | { readonly host: string; readonly domain: string; readonly ca: string };

export function openSession(place: GrpcPlace): ClientHttp2Session {
  const session =
    typeof place === 'string'
      ? connect(place)
      : connect(`https://${place.domain}`, {
          createConnection: () =>
            connectTls({
              ...{ host: place.host, port: 443, servername: place.domain, ca: place.ca },
              ALPNProtocols: ['h2'],
            }),
        });
  session.on('error', () => undefined);
  return session;
}

export function openCall(session: ClientHttp2Session, method: string): ClientHttp2Stream {
  const call = session.request({
    ...{ ':method': 'POST', ':path': `/shop.Shop/${method}` },
    ...{ 'content-type': 'application/grpc', te: 'trailers', 'x-forwarded-for': '6.6.6.6' },
  });
  call.setEncoding('utf8');
  return call;
}

/** The rest of what a call answers. */
export function resultOf(call: ClientHttp2Stream): Promise<CallResult> {
  return new Promise((resolve, reject) => {
    let body = '';
    let headers: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    call.setTimeout(patience(200), () => call.destroy(new Error('no answer')));
    call.on('response', (all) => {
      headers = all;
    });
    call.on('trailers', (all) => {
      trailers = all;
    });
    call.on('data', (piece: string) => {
      body += piece;
    });
    call.on('end', () => resolve({ body, headers, trailers }));
    call.on('error', reject);
  });
}

/** One call on a connection of its own. */
export async function callOnce(place: GrpcPlace, method = 'Buy'): Promise<CallResult> {
  const session = openSession(place);
  try {
    const call = openCall(session, method);
    call.end();
    return await resultOf(call);
  } finally {
    session.destroy();
  }
}

/** For a release that is not well: time enough to be asked and asked again. */
export const UNWELL: Inputs = { 'health-timeout': patienceInput(20) };

export interface GrpcApp {
  readonly app: TestApp;
  /** Its published port. */
  readonly place: string;
  /** A deploy with these variables; `PROTOCOL` is the `app_protocol` of the port. */
  deploy(variables: Readonly<Record<string, string>>, inputs?: Inputs): Promise<ActionRun>;
}

export function grpcApp(lab: Lab): GrpcApp {
  let app: TestApp;
  let image: string | undefined;
  beforeAll(async () => {
    const environment = { VERSION: '${VERSION}', HOW: '${HOW:-grpc}', HEALTH: '${HEALTH:-1}' };
    const port = (published: number) => ({
      ...{ target: 50051, published: String(published), app_protocol: '${PROTOCOL:-grpc}' },
    });
    app = await testApp({
      lab,
      stem: 'grpc',
      files: (published) => ({
        'app.cjs': GRPC_APP,
        Dockerfile: 'FROM node:24-slim\nCOPY app.cjs /\nCMD ["node", "/app.cjs"]\n',
        ...compose({ services: { web: { image: '${IMAGE}', ports: [port(published)], environment } } }),
      }),
    });
    image = succeeded(await app.build()).outputs['image'];
  });
  afterAll(() => app.remove());
  return {
    get app() {
      return app;
    },
    get place() {
      return app.url('');
    },
    deploy(variables, inputs = {}) {
      const env = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
      return app.deploy(image, { env: env.join('\n'), ...inputs });
    },
  };
}
