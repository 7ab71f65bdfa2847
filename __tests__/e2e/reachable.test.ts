/** Healthy is not enough: a release is accepted only if visitors reach it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionRun, Inputs } from '../support/action.ts';
import { compose } from '../support/apps/probe.ts';
import { ask } from '../support/http.ts';
import { labWith } from '../support/lab.ts';
import { patienceInput } from '../support/patience.ts';
import { reportOf, succeeded, type TestApp, testApp } from '../support/test-app.ts';

const lab = await labWith(1, { builds: true });

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

let app: TestApp;
let image: string | undefined;
let deployed = 0;

beforeAll(async () => {
  const environment = Object.fromEntries(
    Object.entries({ VERSION: '', ...DEFAULTS }).map(([name, value]) => [name, `\${${name}:-${value}}`]),
  );
  const web = (port: number) => ({
    ...{ image: '${IMAGE}', ports: [`${port}:3000`], environment, stop_grace_period: '2s' },
    healthcheck: { ...HEALTHY, disable: '${UNCHECKED:-false}' },
    deploy: { replicas: 2 },
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

/** For a release that never answers: time enough to be asked and asked again, since only its end tells. */
const HOPELESS = { 'health-timeout': patienceInput(40) };

function deploy(behaviour: Readonly<Record<string, string>>, inputs: Inputs = {}): Promise<ActionRun> {
  deployed += 1;
  const env = Object.entries({ VERSION: String(deployed), ...behaviour });
  return app.deploy(image, {
    env: env.map(([name, value]) => `${name}=${value}`).join('\n'),
    ...inputs,
  });
}

const visit = async (): Promise<string> => (await ask(app.url())).body;

describe('a release that visitors can not reach is not accepted, though its HEALTHCHECK says healthy', () => {
  let live = '';

  beforeAll(async () => {
    succeeded(await deploy({}));
    live = String(deployed);
  });

  test.each([
    ['listens on 127.0.0.1', 'blue-green', { ADDRESS: '127.0.0.1' }, {}],
    ['listens on another port', 'canary', { PORT: '8080' }, { canary: '50% 2s, 100%' }],
    ['listens on 127.0.0.1', 'rolling', { ADDRESS: '127.0.0.1' }, {}],
    [
      'listens on 127.0.0.1, without a HEALTHCHECK,',
      'recreate',
      { ADDRESS: '127.0.0.1', UNCHECKED: 'true' },
      {},
    ],
  ] as const)(
    'a release that %s is not accepted by %s, and the error names the service, its port, what was seen and what to change',
    async (_, strategy, behaviour, inputs) => {
      const run = await deploy(behaviour, { strategy, ...HOPELESS, ...inputs });
      expect(run.succeeded).toBe(false);
      const message = run.errors[0]?.message ?? '';
      for (const part of ['web', '3000', 'connection refused', '127.0.0.1', '0.0.0.0', 'app_protocol: tcp'])
        expect(message).toContain(part);
      expect(message).not.toContain('NOBODY REACHES');
      expect(await visit()).toBe(live);
    },
  );

  test.each([
    ['with a HEALTHCHECK', {}],
    ['whose port is open', { UNCHECKED: 'true' }],
  ])(
    'a release %s is not accepted if it speaks no HTTP, and the error names app_protocol: tcp',
    async (_, behaviour) => {
      const run = await deploy({ HOW: 'tcp', ...behaviour }, HOPELESS);
      expect(run.succeeded).toBe(false);
      expect(run.errors[0]?.message).toMatch(/not HTTP[\s\S]*app_protocol: tcp/);
      expect(await visit()).toBe(live);
    },
  );
});

describe('any answer of the app is enough', () => {
  test.each([
    ['a redirect to where nobody is', 'moved'],
    ['a response whose body takes longer than the check', 'slow'],
    ['a WebSocket, where every other connection is closed', 'websocket'],
  ])('a release whose answer is %s is accepted', async (_, how) => {
    const run = succeeded(await deploy({ HOW: how }));
    expect(reportOf(run).result).toBe('deployed');
  });

  test('a release that answers health-path with 404 is accepted if a HEALTHCHECK decides', async () => {
    succeeded(await deploy({ HOW: 'missing' }, { 'health-path': '/nothing' }));
  });
});

describe('a failed deploy goes back to a release that was dead before', () => {
  /** The app of the live release listens on 127.0.0.1 from now on, without a restart that a HEALTHCHECK could notice. */
  async function dieForVisitors(): Promise<string> {
    const { release } = succeeded(await deploy({})).outputs;
    const name = `${app.name}-${app.environment}-${release}-web`;
    for (const replica of [1, 2]) {
      const { State } = await app.server.engine.get(`/containers/${name}-${replica}/json`);
      const drop = ['iptables', '-w', '-I', 'INPUT', '-p', 'tcp', '--dport', '3000', '-j', 'REJECT'];
      await lab.run('in', app.server.name, 'nsenter', '--net', '--target', String(State.Pid), ...drop);
    }
    return String(release);
  }

  test('after a failed deploy the report says that nobody reaches the live release, and that it was so before', async () => {
    const release = await dieForVisitors();
    const run = await deploy({ ADDRESS: '127.0.0.1' }, HOPELESS);
    expect(run.succeeded).toBe(false);
    const report = reportOf(run);
    expect(report.hosts[0].unreachable[0]).toMatch(/web gives no answer on port 3000/);
    expect(report.hosts[0].unreachableBefore[0]).toMatch(/web gives no answer on port 3000/);
    expect(report.state).toContain(`NOBODY REACHES ${release}`);
    expect(report.state).toContain('It was not reached before this run either.');
    expect(report.state).not.toMatch(/Traffic stayed|Traffic is on/);
    expect(run.errors[0]?.message).toContain('NOBODY REACHES');
  });
});
