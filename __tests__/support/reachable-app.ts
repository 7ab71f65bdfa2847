/** An app that may be healthy and yet unreachable for visitors: it listens where, and speaks what, its environment says. */
import { afterAll, beforeAll, expect } from '@jest/globals';
import type { ActionRun, Inputs } from './action.ts';
import { compose } from './apps/probe.ts';
import { ask } from './http.ts';
import type { Lab } from './lab.ts';
import { patienceInput } from './patience.ts';
import { succeeded, type TestApp, testApp } from './test-app.ts';

/**
 * Listens where and how its environment says, and has a HEALTHCHECK that only asks whether it runs. `HOW`: `http`, `slow` (the body
 * takes 8 s), `moved` (a redirect to nowhere), `missing` (404), `websocket` (closes every other connection), `tcp` (speaks no HTTP).
 */
const APP = `
const { createServer } = require('node:http');
const tcp = require('node:net');
const { VERSION, ADDRESS, HOW } = process.env;
const answers = {
  http: (_, answer) => answer.end(VERSION),
  slow: (_, answer) => { answer.flushHeaders(); setTimeout(() => answer.end(VERSION), 8000); },
  moved: (_, answer) => answer.writeHead(301, { location: 'https://nowhere.invalid/' }).end(),
  missing: (_, answer) => answer.writeHead(404).end(),
  websocket: (request) => request.socket.destroy(),
};
const upgraded = 'HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n\\r\\n';
const server = HOW === 'tcp'
  ? tcp.createServer((socket) => { socket.on('error', () => {}); socket.end('+OK ready\\r\\n'); })
  : createServer(answers[HOW]).on('upgrade', (_, socket) => socket.write(upgraded));
server.listen(Number(process.env.PORT), ADDRESS, () => console.log('listens on', ADDRESS, process.env.PORT));
process.on('SIGTERM', () => process.exit(0));
`;
const DEFAULTS = { ADDRESS: '0.0.0.0', PORT: '3000', HOW: 'http' };
const HEALTHY = { test: ['CMD', 'true'], interval: '1s', start_period: '5s', start_interval: '200ms' };

/** For a release that never answers: time enough to be asked and asked again, since only its end tells. */
export const HOPELESS = { 'health-timeout': patienceInput(40) };

export interface ReachableApp {
  readonly app: TestApp;
  /** A deploy of a new version that behaves so. */
  deploy(
    behaviour: Readonly<Record<string, string>>,
    inputs?: Inputs,
    options?: Parameters<TestApp['deploy']>[2],
  ): Promise<ActionRun>;
  /** A deploy that visitors reach; resolves with the version that they meet from then on. */
  deployReachable(): Promise<string>;
  /** The app of a new live release listens on 127.0.0.1 from now on, without a restart that a HEALTHCHECK could notice. */
  dieForVisitors(): Promise<string>;
  /** The same of whatever release runs beside this live one. */
  cutOffBeside(live: string): Promise<void>;
  /** The version that a visitor meets. */
  visit(): Promise<string>;
}

/** @param given inputs of every deploy */
export function reachableApp(lab: Lab, replicas = 2, given: Inputs = {}): ReachableApp {
  let app: TestApp;
  let image: string | undefined;
  let deployed = 0;
  /** Nobody reaches its port any more, but the container itself. */
  const cutOff = async (container: string): Promise<void> => {
    const { State } = await app.server.engine.get(`/containers/${container}/json`);
    const rule = ['-p', 'tcp', '--dport', '3000', '-j', 'REJECT', '--reject-with', 'tcp-reset'];
    const drop = ['iptables', '-w', '-I', 'INPUT', ...rule];
    await lab.run('in', app.server.name, 'nsenter', '--net', '--target', String(State.Pid), ...drop);
  };

  beforeAll(async () => {
    const environment = Object.fromEntries(
      Object.entries({ VERSION: '', ...DEFAULTS }).map(([name, value]) => [name, `\${${name}:-${value}}`]),
    );
    const web = (port: number) => ({
      ...{ image: '${IMAGE}', ports: [`${port}:3000`], environment, stop_grace_period: '2s' },
      healthcheck: { ...HEALTHY, disable: '${UNCHECKED:-false}' },
      deploy: { replicas },
    });
    app = await testApp({
      lab,
      stem: 'reach',
      files: (port) => ({
        'app.cjs': APP,
        Dockerfile: 'FROM node:24-slim\nCOPY app.cjs /\nCMD ["node", "/app.cjs"]\n',
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
    deploy(behaviour, inputs = {}, options = {}) {
      deployed += 1;
      const env = Object.entries({ VERSION: String(deployed), ...behaviour });
      const lines = env.map(([name, value]) => `${name}=${value}`).join('\n');
      return app.deploy(image, { env: lines, ...given, ...inputs }, options);
    },
    async deployReachable() {
      succeeded(await this.deploy({}));
      return String(deployed);
    },
    async dieForVisitors() {
      const { release } = succeeded(await this.deploy({})).outputs;
      const name = `${app.name}-${app.environment}-${release}-web`;
      for (let replica = 1; replica <= replicas; replica += 1) await cutOff(`${name}-${replica}`);
      return String(release);
    },
    async cutOffBeside(live) {
      const all = Object.entries(await app.containers());
      const running = all.flatMap(([name, state]) => (state === 'running' ? [name] : []));
      const others = running.filter((name) => /-web-\d+$/.test(name) && !name.includes(`-${live}-`));
      await Promise.all(others.map(cutOff));
    },
    visit: async () => (await ask(app.url())).body,
  };
}

/** The error says what was seen of the release that visitors do not reach, and what to change. */
export function expectUnreachable(run: ActionRun): void {
  expect(run.succeeded).toBe(false);
  const message = run.errors[0]?.message ?? '';
  for (const part of ['web', '3000', 'connection refused', '127.0.0.1', '0.0.0.0', 'app_protocol: tcp'])
    expect(message).toContain(part);
  expect(message).not.toContain('NOBODY REACHES');
}
