/** Three servers that move as one, or not at all, while people are there. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { ActionRun, Inputs } from '../support/action.ts';
import { buildVersions, type Version } from '../support/apps/images.ts';
import { compose, probe } from '../support/apps/probe.ts';
import { readLab, type Server } from '../support/lab.ts';
import { type Load, startLoad } from '../support/load/load.ts';
import { reportOf, succeeded, type TestApp, testApp } from '../support/test-app.ts';

const lab = readLab();
// Three servers take their time where everything runs on one machine.
jest.setTimeout(240_000);
const [first, second, third] = threeServers();
const ALL = [first, second, third];

function threeServers(): [Server, Server, Server] {
  const [one, two, three] = lab.servers;
  if (one === undefined || two === undefined || three === undefined) {
    throw new Error('This needs a lab with three servers.');
  }
  return [one, two, three];
}

/** A folder of each server that the app sees: by what lies in it a test spoils one server and no other. */
const folderOf = (port: number): string => `/srv/fleet-${port}`;

const files = (port: number) =>
  compose({
    services: {
      web: {
        image: '${IMAGE}',
        ports: [`${port}:3000`],
        stop_grace_period: '5s',
        environment: { SICK: '${SICK:-sick}' },
        healthcheck: {
          test: [
            'CMD',
            'node',
            '-e',
            "process.exit(require('fs').existsSync('/host/' + process.env.SICK) ? 1 : 0)",
          ],
          interval: '1s',
          retries: 2,
          start_interval: '200ms',
          start_period: '1s',
        },
        volumes: [
          `${folderOf(port)}:/host:ro`,
          {
            type: 'bind',
            source: '${NEEDS:-/etc}',
            target: '/needed',
            read_only: true,
            bind: { create_host_path: false },
          },
        ],
      },
    },
  });

let app: TestApp;
let versions: readonly Version[];
let live = 0;
const image = (version: number): string | undefined => versions[version]?.image;

beforeAll(async () => {
  app = await testApp({ lab, stem: 'fleet', servers: ALL, files });
  versions = await buildVersions(lab, app.repository, [
    '0',
    '1',
    '2',
    '3',
    '4',
    '5',
    '6',
    '7',
    '8',
    '9',
    '10',
  ]);
});
afterAll(async () => {
  await Promise.all(ALL.map((server) => lab.run('in', server.name, 'rm', '-rf', folderOf(app.port))));
  await app.remove();
});

const deploy = (version: number, inputs: Inputs = {}, options: Parameters<TestApp['deploy']>[2] = {}) =>
  app.deploy(image(version), { 'health-timeout': '20s', ...inputs }, options);

const inFolder = (server: Server, script: string): Promise<string> =>
  lab.run(
    'in',
    server.name,
    'sh',
    '-c',
    `mkdir -p ${folderOf(app.port)} && cd ${folderOf(app.port)} && ${script}`,
  );

/** Fills a server's disk so that this many bytes are left. */
const leaving = (bytes: number): string =>
  `cd /var/lib/docker && fallocate --length $(($(df --output=avail -B1 . | tail -1) - ${bytes})) filler`;

/** What `report` says of each server. */
interface Host {
  readonly host: string;
  readonly was?: string;
  readonly is?: string;
  readonly why: string;
}
const hostsOf = (run: ActionRun): readonly Host[] => reportOf(run).hosts;
/** What `report` says of each step; milliseconds. */
interface Step {
  readonly host: string;
  readonly stage: string;
  readonly text: string;
  readonly at: number;
  readonly took: number;
}
const endOf = ({ at, took }: Step): number => at + took;
const lastBeginning = (steps: readonly Step[]): number => Math.max(...steps.map(({ at }) => at));
const answering = (servers: readonly Server[] = ALL): Promise<readonly string[]> =>
  Promise.all(servers.map((server) => app.version(server)));

/** Visitors of every server, all the time. */
let loads: readonly Load[] = [];
const visitAll = (servers: readonly Server[] = ALL): void => {
  loads = servers.map((server) => startLoad(app.url('/', server), { visitors: 1, pause: 20 }));
};
async function nothingWasLost(): Promise<void> {
  const results = await Promise.all(loads.map((load) => load.stop()));
  loads = [];
  for (const { failures, requests } of results) {
    expect(failures).toEqual([]);
    expect(requests).toBeGreaterThan(50);
  }
}
afterEach(async () => {
  await Promise.all(loads.map((load) => load.stop()));
  loads = [];
});

/** One error that names the third server, and all three on the release that was live before. */
async function expectRolledBack(run: ActionRun, says: RegExp): Promise<void> {
  const [error, ...others] = run.errors;
  expect({ exitCode: run.exitCode, others }).toEqual({ exitCode: 1, others: [] });
  expect(error?.message).toMatch(says);
  expect(error?.message).toContain(third.url);
  expect(await answering()).toEqual([live, live, live].map(String));
  const hosts = hostsOf(run);
  expect(hosts.map(({ is, was }) => is === was && is !== undefined)).toEqual([true, true, true]);
  await nothingWasLost();
  // Nothing of the new release runs on, anywhere.
  for (const server of ALL) {
    expect(Object.values(await app.release(run.outputs['release'], server))).toEqual(['running']);
    const running = Object.entries(await app.containers(server)).filter(([, state]) => state === 'running');
    expect(running.map(([name]) => name).filter((name) => /-web-\d+$/.test(name))).toHaveLength(1);
  }
}

test('two apps whose names come to the same are told apart before anything is touched', async () => {
  const [stem, rest] = [
    app.name.slice(0, app.name.lastIndexOf('-')),
    app.name.slice(app.name.lastIndexOf('-') + 1),
  ];
  succeeded(await deploy(0, { hosts: first.url }));
  const before = await app.containers(first);
  const run = await deploy(1, { hosts: first.url, app: stem, environment: `${rest}-production` });
  expect(run.errors[0]?.message).toMatch(
    new RegExp(
      `${stem} in the environment ${rest}-production .* so is ${app.name} in the environment production.*Nothing was deployed`,
    ),
  );
  expect(await app.containers(first)).toEqual(before);
});

describe('a third server that fails', () => {
  beforeAll(async () => {
    succeeded(await deploy(0));
    expect(await answering()).toEqual(['0', '0', '0']);
  });
  beforeEach(() => visitAll());

  test('to pull, for want of room: it says how much is missing, and nothing was changed anywhere', async () => {
    await app.checkout.commit({
      ...probe({ version: 'big' }),
      Dockerfile: 'FROM node:24-slim\nRUN head -c 60000000 /dev/urandom >/big\n',
    });
    const { image: big } = succeeded(await app.build()).outputs;
    await lab.run('in', third.name, 'sh', '-c', leaving(30_000_000));
    let run: ActionRun;
    try {
      run = await app.deploy(big);
    } finally {
      await lab.run('unfill', third.name);
    }
    await expectRolledBack(
      run,
      /needs at least 6\d MB, (2\d|30) MB are free: 3\d MB are missing.*Nothing was deployed\.$/,
    );
    expect(
      hostsOf(run)
        .map(({ why }) => why)
        .slice(0, 2),
    ).toEqual(['not touched', 'not touched']);
  });

  test('to start', async () => {
    const needed = `${folderOf(app.port)}/needed`;
    for (const server of [first, second]) await inFolder(server, 'mkdir -p needed');
    await expectRolledBack(await deploy(2, { env: `NEEDS=${needed}` }), /needed/);
  });

  test('to become healthy', async () => {
    await inFolder(third, 'touch sick');
    try {
      await expectRolledBack(await deploy(3), /web did not become healthy/);
    } finally {
      await inFolder(third, 'rm sick');
    }
  });

  test('to switch', async () => {
    const edge = `/var/lib/docker/volumes/${app.name}-production-sealift/_data/edge`;
    const inEdge = (script: string) => lab.run('in', third.name, 'sh', '-c', `cd ${edge} && ${script}`);
    // Where the name of the release is to be written there is a folder.
    await inEdge('rm -f green.release && mkdir green.release');
    try {
      const run = await deploy(4);
      await expectRolledBack(run, /green\.release/);
      expect(
        hostsOf(run)
          .map(({ why }) => why)
          .slice(0, 2),
      ).toEqual(Array(2).fill(`moved back with ${third.url}`));
    } finally {
      await inEdge('rm -r green.release');
    }
  });

  test('while it bakes', async () => {
    let spoilt: Promise<string> | undefined;
    const run = await deploy(
      4,
      { env: 'SICK=late', bake: '60s' },
      {
        onLine: ({ text }) => {
          if (text.startsWith(`… ${third.url}`) && text.includes('watch'))
            spoilt ??= inFolder(third, 'touch late');
        },
      },
    );
    await spoilt;
    await inFolder(third, 'rm late');
    expect(spoilt).toBeDefined();
    await expectRolledBack(run, /web did not stay well while it was watched: its HEALTHCHECK fails/);
    expect(reportOf(run).took).toBeLessThan(60_000);
  });

  test('is no reason not to move once it is well', async () => {
    succeeded(await deploy(5));
    live = 5;
    expect(await answering()).toEqual(['5', '5', '5']);
    await nothingWasLost();
  });
});

describe('a fleet', () => {
  beforeAll(async () => {
    succeeded(await deploy(5));
    live = 5;
  });

  test('whose pilot fails leaves the others untouched', async () => {
    visitAll();
    await inFolder(first, 'touch sick');
    let run: ActionRun;
    try {
      run = await deploy(6, { 'max-parallel': '1' });
    } finally {
      await inFolder(first, 'rm sick');
    }
    expect(run.errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/did not become healthy/),
    ]);
    expect(run.errors[0]?.message).toContain(first.url);
    expect(hostsOf(run)).toMatchObject([{ host: first.url }, { why: 'not touched' }, { why: 'not touched' }]);
    for (const server of [second, third]) {
      expect(await app.release(reportOf(run).release, server)).toEqual({});
    }
    expect(await answering()).toEqual(['5', '5', '5']);
    await nothingWasLost();
  });

  test('moves wave after wave behind its pilot', async () => {
    visitAll();
    const run = succeeded(await deploy(6, { 'max-parallel': '1' }));
    live = 6;
    expect(await answering()).toEqual(['6', '6', '6']);
    await nothingWasLost();
    const switched = [...run.log.matchAll(/✓ (\S+) +switch traffic/g)].map(([, host]) => host);
    expect(switched).toEqual(ALL.map(({ url }) => url));
    expect(run.log).toContain(`Switch (wave 1 of 3: ${first.url}):`);
  });

  test('moves a share of its hosts at a time; images come to all at once before that, and no line is torn', async () => {
    const run = succeeded(await deploy(7, { 'max-parallel': '67%' }));
    expect(await answering()).toEqual(['7', '7', '7']);
    expect(run.log).toContain(`Switch (wave 1 of 2: ${first.url}):`);
    expect(run.log).toContain(`Switch (wave 2 of 2: ${second.url} and ${third.url}):`);

    const steps: readonly Step[] = reportOf(run).steps;
    const pulls = steps.filter(({ stage }) => stage === 'pull');
    expect(new Set(pulls.map(({ host }) => host))).toEqual(new Set(ALL.map(({ url }) => url)));
    const [lastBegun, firstDone] = [lastBeginning(pulls), Math.min(...pulls.map(endOf))];
    expect(lastBegun).toBeLessThanOrEqual(firstDone);
    const others = steps.filter(({ stage }) => stage !== 'pull');
    expect(Math.min(...others.map(({ at }) => at))).toBeGreaterThanOrEqual(Math.max(...pulls.map(endOf)));
    // Side by side: in the second wave each host begins a step while the other one is at its own.
    const starts = steps.filter(({ stage, host }) => stage === 'start' && host !== first.url);
    expect(lastBeginning(starts)).toBeLessThanOrEqual(Math.min(...starts.map(endOf)));
    // Each step has a line of its own that begins with its host.
    const lines = run.log.split('\n').filter((line) => /^\s*[✓✗–↶…]/.test(line));
    for (const line of lines) expect(line).toMatch(/^\s*✓ ssh:\/\/\S+ {2,}\S/);
    for (const { host, text } of steps) {
      expect(lines.some((line) => line.includes(`✓ ${host} `) && line.includes(` ${text}  `))).toBe(true);
    }
    expect(lines).toHaveLength(steps.length);
  });

  test('shows what a canary was judged by', async () => {
    visitAll();
    const canary = { strategy: 'canary', canary: '30% 4s, 100%', 'canary-min-requests': '10' };
    const run = succeeded(await deploy(5, canary));
    expect(await answering()).toEqual(['5', '5', '5']);
    await nothingWasLost();
    expect(run.summary).toMatch(/\| 30% \| [\d,]+ \/ [\d,]+ \| 0% \/ 0% \| [\d.]+ms \/ [\d.]+ms \| ✓ \|/);
    for (const { url } of ALL)
      expect(run.log).toMatch(new RegExp(`✓ ${url} +judge .* \\d+ requests, 0% of them 5xx`));
  });

  test('from which a host was taken leaves it alone and says so', async () => {
    const run = succeeded(await deploy(7, { hosts: `${first.url}\n${second.url}` }));
    expect(await answering()).toEqual(['7', '7', '5']);
    expect(run.notices.map(({ message }) => message)).toEqual([
      expect.stringContaining(`${third.url} was in "hosts"`),
    ]);
    expect(run.summary).toContain(third.url);
    expect(reportOf(run).removed).toEqual([third.url]);
  });

  test('to which a host was added brings it what the others have', async () => {
    const run = succeeded(await deploy(7));
    live = 7;
    expect(await answering()).toEqual(['7', '7', '7']);
    expect(hostsOf(run).map(({ why }) => why)).toEqual(['already live', 'already live', 'healthy']);
    expect(reportOf(run).removed).toEqual([]);
  });

  test('of which one can not be reached to be taken back fails loudly and names it; the next deploy mends it', async () => {
    let cut: Promise<string> | undefined;
    const run = await deploy(
      8,
      { url: app.url(), 'url-body': 'never', 'url-timeout': '3s' },
      {
        onLine: ({ text }) => {
          if (text.includes(`✓ ${third.url}`) && text.includes('switch traffic'))
            cut ??= lab.run('cut', third.name);
        },
      },
    );
    await cut;
    await lab.run('heal', third.name);
    expect(cut).toBeDefined();
    expect(run.exitCode).toBe(1);
    expect(run.errors).toHaveLength(1);
    expect(run.errors[0]?.message).toMatch(/NOT EVERYTHING COULD BE TAKEN BACK/);
    expect(run.errors[0]?.message).toContain(`Look at ${third.url} now.`);
    expect(hostsOf(run)).toMatchObject([{}, {}, { host: third.url, stuck: true, unknown: true }]);
    expect(run.outputs['release']).toBe('');
    expect(await answering([first, second])).toEqual(['7', '7']);

    visitAll([first, second]);
    succeeded(await deploy(9));
    expect(await answering()).toEqual(['9', '9', '9']);
    await nothingWasLost();
  });

  test('of which a killed job left some accepted and others not is one again, although the next job fails', async () => {
    succeeded(await deploy(9));
    const killed = await deploy(
      10,
      {},
      {
        interrupt: { when: /✓ .*drain /, how: (pid) => void process.kill(pid, 'SIGKILL') },
      },
    );
    expect(killed.signal).toBe('SIGKILL');
    // Records are written to two files in turn: without the younger one the third server has not accepted it yet.
    await lab.run(
      'in',
      third.name,
      'sh',
      '-c',
      `cd /var/lib/docker/volumes/${app.name}-production-sealift/_data/records && ` +
        `grep -o '"sequence":[0-9]*' a.json b.json | sort -t : -k 3 -n | tail -n 1 | cut -d : -f 1 | xargs rm`,
    );

    visitAll();
    const failed = await deploy(8, { url: app.url(), 'url-body': 'never', 'url-timeout': '3s' });
    expect(failed.exitCode).toBe(1);
    expect(failed.log).toMatch(new RegExp(`✓ ${third.url} +accept `));
    expect(await answering()).toEqual(['10', '10', '10']);
    const [is] = new Set(hostsOf(failed).flatMap((host) => [host.was, host.is]));
    expect(hostsOf(failed)).toMatchObject([
      { was: is, is },
      { was: is, is },
      { was: is, is },
    ]);
    succeeded(await deploy(9));
    expect(await answering()).toEqual(['9', '9', '9']);
    await nothingWasLost();
  });

  test('of which a host must stop what it has first says for how long nothing answered', async () => {
    visitAll([first]);
    const [load] = loads;
    const run = succeeded(await deploy(8, { hosts: first.url, strategy: 'recreate' }));
    await load?.answered('8', 20);
    const { down = 0, latency } = (await load?.stop()) ?? {};
    loads = [];
    const { silence } = reportOf(run).hosts[0];
    expect(silence).toMatchObject({ services: ['web'], whole: true });
    // Whoever asks meanwhile waits at the edge, and is refused only when that takes too long.
    const waited = Math.max(down, latency?.slowest ?? 0);
    expect(waited).toBeGreaterThan(10 * (latency?.median ?? 0));
    // By the steps it begins with the signal to stop, so before the last answer of the old release.
    expect(silence.for).toBeGreaterThan(waited / 2);
    expect(run.log).toMatch(/nothing answered for \d/);
    expect(run.summary).toContain('**Nothing answered** for');
  });

  test('of which a host can not bring back what a killed job had stopped gets the next release all the same', async () => {
    const one = { hosts: first.url, strategy: 'recreate' };
    await inFolder(first, 'mkdir -p needed');
    succeeded(await deploy(7, { ...one, env: `NEEDS=${folderOf(app.port)}/needed` }));
    const killed = await deploy(8, one, {
      interrupt: { when: /✓ .*stop web/, how: (pid) => void process.kill(pid, 'SIGKILL') },
    });
    expect(killed.signal).toBe('SIGKILL');
    await inFolder(first, 'rmdir needed');
    const run = succeeded(await deploy(9, one));
    expect(run.warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining("which an interrupted run had stopped there, can't be brought back"),
    ]);
    expect(await answering([first])).toEqual(['9']);
  });
});
