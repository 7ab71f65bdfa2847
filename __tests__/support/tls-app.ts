/** An app that ends TLS itself, or speaks plain HTTP at the same port. */
import { afterAll, beforeAll } from '@jest/globals';
import type { ActionRun, Inputs } from './action.ts';
import { compose } from './apps/probe.ts';
import { selfSigned } from './certificate.ts';
import { ask } from './http.ts';
import type { Lab } from './lab.ts';
import { succeeded, type TestApp, testApp } from './test-app.ts';

/** `HOW`: `https`, `http`. Its HEALTHCHECK only asks whether it runs. */
const APP = `
const { readFileSync } = require('node:fs');
const { VERSION, HOW, ADDRESS } = process.env;
const answer = (_, response) => response.end(VERSION);
const tls = () => ({ key: readFileSync('/key.pem'), cert: readFileSync('/cert.pem') });
const server = HOW === 'http' ? require('node:http').createServer(answer) : require('node:https').createServer(tls(), answer);
server.listen(8443, ADDRESS);
process.on('SIGTERM', () => process.exit(0));
`;

export interface TlsApp {
  readonly app: TestApp;
  /** A deploy with these variables; `PROTOCOL` is the `app_protocol` of the port. */
  deploy(variables: Readonly<Record<string, string>>, inputs?: Inputs): Promise<ActionRun>;
  /** What a visitor gets, who trusts the service's own certificate only. */
  visit(): Promise<string>;
}

export function tlsApp(lab: Lab): TlsApp {
  let app: TestApp;
  let image: string | undefined;
  let cert = '';
  beforeAll(async () => {
    const made = await selfSigned('DNS:shop.test');
    cert = made.cert;
    const web = (port: number) => ({
      image: '${IMAGE}',
      ports: [{ target: 8443, published: String(port), app_protocol: '${PROTOCOL}' }],
      environment: { VERSION: '${VERSION}', HOW: '${HOW:-https}', ADDRESS: '${ADDRESS:-0.0.0.0}' },
      healthcheck: { test: ['CMD', 'true'], interval: '1s', start_period: '5s', start_interval: '200ms' },
      stop_grace_period: '2s',
      deploy: { update_config: { order: '${ORDER:-start-first}' } },
    });
    app = await testApp({
      lab,
      stem: 'tls',
      files: (port) => ({
        ...{ 'app.cjs': APP, 'key.pem': made.key, 'cert.pem': made.cert },
        Dockerfile: 'FROM node:24-slim\nCOPY app.cjs key.pem cert.pem /\nCMD ["node", "/app.cjs"]\n',
        ...compose({ services: { web: web(port) } }),
      }),
    });
    image = succeeded(await app.build()).outputs['image'];
  });
  afterAll(() => app.remove());
  return {
    get app() {
      return app;
    },
    deploy(variables, inputs = {}) {
      const env = Object.entries({ PROTOCOL: '', ...variables }).map(([name, value]) => `${name}=${value}`);
      return app.deploy(image, { env: env.join('\n'), ...inputs });
    },
    async visit() {
      const url = `https://${app.server.address}:${app.port}/`;
      return (await ask(url, { connect: { ca: cert, servername: 'shop.test' } })).body;
    },
  };
}
