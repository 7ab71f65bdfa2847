/** An app that speaks no HTTP: it greets whoever connects with its version, and repeats what it is told. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll } from '@jest/globals';
import type { ActionRun, Inputs } from './action.ts';
import { compose } from './apps/probe.ts';
import type { Lab } from './lab.ts';
import { patience } from './patience.ts';
import { succeeded, type TestApp, testApp } from './test-app.ts';

/** It ends when it is told to, with all its connections. With `PROXY` the first line is what the PROXY protocol says. */
const APP = `
const { VERSION, PROXY, ADDRESS } = process.env;
const address = (data) => [...data.subarray(16, 20)].join('.');
const server = require('node:net').createServer((socket) => {
  socket.on('error', () => {});
  const greet = (text) => { socket.write(text + '\\n'); socket.on('data', (data) => socket.write(data)); };
  if (PROXY) socket.once('data', (data) => greet(VERSION + ' ' + address(data)));
  else greet(VERSION);
});
server.listen(6000, ADDRESS);
process.on('SIGTERM', () => process.exit(0));
`;

export interface TcpApp {
  readonly app: TestApp;
  /** A deploy with these variables; `PROTOCOL` is the `app_protocol` of the port, `REPLICAS` how many there are. */
  deploy(variables: Readonly<Record<string, string>>, inputs?: Inputs): Promise<ActionRun>;
  /** A connection that was greeted, and stays. */
  open(localAddress?: string): Promise<{ readonly socket: Socket; readonly greeting: string }>;
  /** What a visitor is greeted with. */
  greeting(localAddress?: string): Promise<string>;
}

export function tcpApp(lab: Lab): TcpApp {
  let app: TestApp;
  let image: string | undefined;
  beforeAll(async () => {
    const game = (port: number) => ({
      image: '${IMAGE}',
      ports: [{ target: 6000, published: String(port), app_protocol: '${PROTOCOL:-tcp}' }],
      environment: { VERSION: '${VERSION}', PROXY: '${PROXY:-}', ADDRESS: '${ADDRESS:-0.0.0.0}' },
      deploy: { replicas: '${REPLICAS:-1}' as unknown as number },
    });
    app = await testApp({
      lab,
      stem: 'tcp',
      files: (port) => ({
        'app.cjs': APP,
        Dockerfile: 'FROM node:24-slim\nCOPY app.cjs /\nCMD ["node", "/app.cjs"]\n',
        ...compose({ services: { game: game(port) } }),
      }),
    });
    image = succeeded(await app.build()).outputs['image'];
  });
  afterAll(() => app.remove());
  const open: TcpApp['open'] = async (localAddress) => {
    const socket = connect({
      host: app.server.address,
      port: app.port,
      ...(localAddress && { localAddress }),
    });
    socket.on('error', () => {});
    const [data] = await once(socket, 'data', { signal: AbortSignal.timeout(patience(60)) });
    return { socket, greeting: String(data).trim() };
  };
  return {
    get app() {
      return app;
    },
    deploy(variables, inputs = {}) {
      const env = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
      return app.deploy(image, { env: env.join('\n'), ...inputs });
    },
    open,
    async greeting(localAddress) {
      const { socket, greeting } = await open(localAddress);
      socket.destroy();
      return greeting;
    },
  };
}

/** Visitors who connect all the time, each as soon as the one before was greeted, until the end of its scope. */
export class TcpVisitors implements AsyncDisposable {
  readonly greetings: string[] = [];
  readonly failures: string[] = [];
  #ended: boolean = false;
  readonly #loops: readonly Promise<void>[];

  constructor({ app }: TcpApp, count = 4) {
    const { address } = app.server;
    const visit = async (): Promise<void> => {
      const socket = connect({ host: address, port: app.port });
      const seen: Buffer[] = [];
      socket.on('data', (data) => {
        seen.push(data);
        socket.end();
      });
      socket.on('error', (error) => this.failures.push(error.message));
      await once(socket, 'close').catch(() => undefined);
      const text = Buffer.concat(seen).toString().trim();
      if (text === '') this.failures.push('closed without a greeting');
      else this.greetings.push(text);
    };
    this.#loops = Array.from({ length: count }, async () => {
      while (!this.#ended) await visit();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#loops);
  }
}
