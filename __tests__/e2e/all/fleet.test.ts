/** What else can befall a fleet: pilots, waves, hosts that come and go, killed jobs (../fleet.test.ts). */
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ActionRun } from '../../support/action.ts';
import { probe } from '../../support/apps/probe.ts';
import { PATIENT } from '../../support/canary-app.ts';
import { fleetApp, folderOf, hostsOf } from '../../support/fleet-app.ts';
import { labWith } from '../../support/lab.ts';
import { patienceInput } from '../../support/patience.ts';
import { reportOf, succeeded } from '../../support/test-app.ts';

const lab = await labWith(3, { builds: true });
const fleet = fleetApp(lab, 10);
const { first, second, third } = fleet;

/** Fills a server's disk so that this many bytes are left. */
const leaving = (bytes: number): string =>
  `cd /var/lib/docker && fallocate --length $(($(df --output=avail -B1 . | tail -1) - ${bytes})) filler`;

/** What `report` says of each step; milliseconds. */
interface Step {
  readonly host: string;
  readonly stage: string;
  readonly text: string;
  readonly startMs: number;
  readonly durationMs: number;
}
/** For a deploy in which a server never becomes healthy. */
const SICK = { 'health-timeout': patienceInput(40) };
const endOf = ({ startMs, durationMs }: Step): number => startMs + durationMs;

test('two apps whose names come to the same are told apart before anything is touched', async () => {
  const [stem, rest] = [
    fleet.app.name.slice(0, fleet.app.name.lastIndexOf('-')),
    fleet.app.name.slice(fleet.app.name.lastIndexOf('-') + 1),
  ];
  succeeded(await fleet.deploy(0, { hosts: first.url }));
  const before = await fleet.app.containers(first);
  const run = await fleet.deploy(1, { hosts: first.url, app: stem, environment: `${rest}-production` });
  expect(run.errors[0]?.message).toMatch(
    new RegExp(
      `${fleet.app.name} in the environment production, .*and ${stem} in the environment ${rest}-production.*Nothing was deployed`,
    ),
  );
  expect(await fleet.app.containers(first)).toEqual(before);
});

describe('a third server', () => {
  beforeAll(async () => {
    succeeded(await fleet.deploy(0));
    expect(await fleet.answering()).toEqual(['0', '0', '0']);
  });
  beforeEach(() => {
    fleet.visit();
  });

  test('a third server that has no room to pull says how much is missing, and nothing was changed anywhere', async () => {
    await fleet.app.checkout.commit({
      ...probe({ version: 'big' }),
      Dockerfile: 'FROM node:24-slim\nRUN head -c 60000000 /dev/urandom >/big\n',
    });
    const { image: big } = succeeded(await fleet.app.build()).outputs;
    await lab.run('in', third.name, 'sh', '-c', leaving(30_000_000));
    let run: ActionRun;
    try {
      run = await fleet.app.deploy(big);
    } finally {
      await lab.run('unfill', third.name);
    }
    const says = /needs at least (6\d) MB, (\d+) MB are free: (\d+) MB are missing.*Nothing was deployed\.$/;
    await fleet.expectRolledBack(run, says);
    const [, needed, free, missing] = (says.exec(run.errors[0]?.message ?? '') ?? []).map(Number);
    // Engines write something meanwhile.
    expect(free).toBeLessThanOrEqual(30);
    expect(Math.abs(Number(needed) - Number(free) - Number(missing))).toBeLessThanOrEqual(1);
    expect(
      hostsOf(run)
        .map(({ why }) => why)
        .slice(0, 2),
    ).toEqual(['not touched', 'not touched']);
  });

  test('a third server that can not start the release leaves all three on the old one', async () => {
    const needed = `${folderOf(fleet.app.port)}/needed`;
    for (const server of [first, second]) await fleet.inFolder(server, 'mkdir -p needed');
    await fleet.expectRolledBack(await fleet.deploy(2, { env: `NEEDS=${needed}` }), /needed/);
  });

  test('a third server where the release does not become healthy leaves all three on the old one', async () => {
    await fleet.inFolder(third, 'touch sick');
    try {
      const run = await fleet.deploy(3, SICK);
      await fleet.expectRolledBack(run, /web did not become healthy|not healthy within/);
    } finally {
      await fleet.inFolder(third, 'rm sick');
    }
  });

  test('a third server where the release goes bad while it bakes takes all three back', async () => {
    let spoilt: Promise<string> | undefined;
    const run = await fleet.deploy(
      4,
      { env: 'SICK=late', bake: '30m' },
      {
        onLine: ({ text }) => {
          if (text.startsWith(`… ${third.url}`) && text.includes('watch'))
            spoilt ??= fleet.inFolder(third, 'touch late');
        },
      },
    );
    await spoilt;
    await fleet.inFolder(third, 'rm late');
    expect(spoilt).toBeDefined();
    await fleet.expectRolledBack(run, /web did not stay healthy while it was watched: its HEALTHCHECK fails/);
  });

  test('a third server that is well again moves with the others', async () => {
    succeeded(await fleet.deploy(5));
    fleet.live = 5;
    expect(await fleet.answering()).toEqual(['5', '5', '5']);
    await fleet.expectNothingLost();
  });
});

describe('a fleet', () => {
  beforeAll(async () => {
    succeeded(await fleet.deploy(5));
    fleet.live = 5;
  });

  test('a fleet whose pilot fails leaves the others untouched', async () => {
    fleet.visit();
    await fleet.inFolder(first, 'touch sick');
    let run: ActionRun;
    try {
      run = await fleet.deploy(6, { ...SICK, 'max-parallel': '1' });
    } finally {
      await fleet.inFolder(first, 'rm sick');
    }
    // Whichever comes first: its HEALTHCHECK fails, or the time is over.
    expect(run.errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/did not become healthy|not healthy within/),
    ]);
    expect(run.errors[0]?.message).toContain(first.url);
    expect(hostsOf(run)).toMatchObject([{ host: first.url }, { why: 'not touched' }, { why: 'not touched' }]);
    for (const server of [second, third]) {
      expect(await fleet.app.release(reportOf(run).release, server)).toEqual({});
    }
    expect(await fleet.answering()).toEqual(['5', '5', '5']);
    await fleet.expectNothingLost();
  });

  test('a fleet moves a share of its hosts at a time; images come to all before that, and no line is torn', async () => {
    const run = succeeded(await fleet.deploy(7, { 'max-parallel': '67%' }));
    expect(await fleet.answering()).toEqual(['7', '7', '7']);
    expect(run.log).toContain(`Switch (wave 1 of 2: ${first.url}):`);
    expect(run.log).toContain(`Switch (wave 2 of 2: ${second.url} and ${third.url}):`);

    const steps: readonly Step[] = reportOf(run).steps;
    const pulls = steps.filter(({ stage }) => stage === 'pull');
    expect(new Set(pulls.map(({ host }) => host))).toEqual(new Set(fleet.all.map(({ url }) => url)));
    const others = steps.filter(({ stage }) => stage !== 'pull');
    expect(Math.min(...others.map(({ startMs }) => startMs))).toBeGreaterThanOrEqual(
      Math.max(...pulls.map(endOf)),
    );
    // Each step has a line of its own that begins with its host.
    const lines = run.log.split('\n').filter((line) => /^\s*[✓✗–↶…]/.test(line));
    for (const line of lines) expect(line).toMatch(/^\s*✓ ssh:\/\/\S+ {2,}\S/);
    for (const { host, text } of steps) {
      expect(lines.some((line) => line.includes(`✓ ${host} `) && line.includes(` ${text}  `))).toBe(true);
    }
    expect(lines).toHaveLength(steps.length);
  });

  test('a fleet shows what a canary was judged by', async () => {
    fleet.visit();
    const canary = { strategy: 'canary', canary: `30% ${patienceInput(40)}, 100%`, ...PATIENT };
    const run = succeeded(await fleet.deploy(5, canary));
    expect(await fleet.answering()).toEqual(['5', '5', '5']);
    await fleet.expectNothingLost();
    expect(run.summary).toMatch(/\| 30% \| [\d,]+ \/ [\d,]+ \| 0% \/ 0% \| [\d.]+ms \/ [\d.]+ms \| ✓ \|/);
    for (const { url } of fleet.all)
      expect(run.log).toMatch(new RegExp(`✓ ${url} +judge .* \\d+ requests, 0% of them 5xx`));
  });

  test('a fleet from which a host was taken leaves it alone and says so', async () => {
    const run = succeeded(await fleet.deploy(7, { hosts: `${first.url}\n${second.url}` }));
    expect(await fleet.answering()).toEqual(['7', '7', '5']);
    expect(run.notices.map(({ message }) => message)).toContainEqual(
      expect.stringContaining(`Removed from "hosts" since the last deploy: ${third.url}.`),
    );
    expect(run.summary).toContain(third.url);
    expect(reportOf(run).removed).toEqual([third.url]);
  });

  test('a fleet to which a host was added brings it what the others have', async () => {
    const run = succeeded(await fleet.deploy(7));
    fleet.live = 7;
    expect(await fleet.answering()).toEqual(['7', '7', '7']);
    expect(hostsOf(run).map(({ why }) => why)).toEqual(['already live', 'already live', 'healthy']);
    expect(reportOf(run).removed).toEqual([]);
  });

  test('a fleet of which a killed job left some accepted and others not is one again, although the next job fails', async () => {
    succeeded(await fleet.deploy(9));
    const killed = await fleet.deploy(
      10,
      {},
      {
        interrupt: { when: /✓ .*drain /, how: (pid) => void process.kill(pid, 'SIGKILL') },
        withoutPost: true,
      },
    );
    expect(killed.signal).toBe('SIGKILL');
    // Records are written to two files in turn: without the younger one the third server has not accepted it yet.
    await lab.run(
      'in',
      third.name,
      'sh',
      '-c',
      `cd /var/lib/docker/volumes/${fleet.app.name}-production-sealift/_data/records && ` +
        `grep -o '"sequence":[0-9]*' a.json b.json | sort -t : -k 3 -n | tail -n 1 | cut -d : -f 1 | xargs rm`,
    );

    fleet.visit();
    const failed = await fleet.deploy(8, { url: fleet.app.url(), 'url-body': 'never', 'url-timeout': '3s' });
    expect(failed.exitCode).toBe(1);
    expect(failed.log).toMatch(new RegExp(`✓ ${third.url} +accept `));
    expect(await fleet.answering()).toEqual(['10', '10', '10']);
    const [is] = new Set(hostsOf(failed).flatMap((host) => [host.was, host.is]));
    expect(hostsOf(failed)).toMatchObject([
      { was: is, is },
      { was: is, is },
      { was: is, is },
    ]);
    succeeded(await fleet.deploy(9));
    expect(await fleet.answering()).toEqual(['9', '9', '9']);
    await fleet.expectNothingLost();
  });

  test('a fleet of which a host must stop what it has first says for how long nothing answered', async () => {
    const [load] = fleet.visit([first]);
    const run = succeeded(await fleet.deploy(8, { hosts: first.url, strategy: 'recreate' }));
    await load?.answered('8', 20);
    await fleet.leave();
    const { downtime } = reportOf(run).hosts[0];
    expect(downtime).toMatchObject({ services: ['web'], complete: true });
    expect(downtime.durationMs).toBeGreaterThan(0);
    expect(run.log).toMatch(/nothing answered for \d/);
    expect(run.summary).toContain('**Downtime** ');
  });

  test('a fleet of which a host can not bring back what a killed job had stopped gets the next release all the same', async () => {
    const one = { hosts: first.url, strategy: 'recreate' };
    await fleet.inFolder(first, 'mkdir -p needed');
    succeeded(await fleet.deploy(7, { ...one, env: `NEEDS=${folderOf(fleet.app.port)}/needed` }));
    const killed = await fleet.deploy(8, one, {
      interrupt: { when: /✓ .*stop web/, how: (pid) => void process.kill(pid, 'SIGKILL') },
      withoutPost: true,
    });
    expect(killed.signal).toBe('SIGKILL');
    await fleet.inFolder(first, 'rmdir needed');
    const run = succeeded(await fleet.deploy(9, one));
    expect(run.warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining("which an interrupted run had stopped there, can't be started again"),
    ]);
    expect(await fleet.answering([first])).toEqual(['9']);
  });
});

test('when a server can not be reached to be taken back the job fails loudly and names it, and the next deploy repairs the fleet', async () => {
  succeeded(await fleet.deploy(2));
  fleet.live = 2;
  let cut: Promise<string> | undefined;
  const run = await fleet.deploy(
    3,
    { url: fleet.app.url(), 'url-body': 'never', 'url-timeout': patienceInput(30) },
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
  expect(run.errors[0]?.message).toMatch(/ROLLBACK INCOMPLETE/);
  expect(run.errors[0]?.message).toContain(`Look at ${third.url} now.`);
  expect(hostsOf(run)).toMatchObject([{}, {}, { host: third.url, rollbackIncomplete: true, unknown: true }]);
  expect(run.outputs['release']).toBe('');
  expect(await fleet.answering([first, second])).toEqual(['2', '2']);

  fleet.visit([first, second]);
  succeeded(await fleet.deploy(4));
  expect(await fleet.answering()).toEqual(['4', '4', '4']);
  fleet.live = 4;
  await fleet.expectNothingLost();
});
