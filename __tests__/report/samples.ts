import type { PinnedImage } from '../../src/model/image.ts';
import { planFleet } from '../../src/plan/fleet.ts';
import type { StepResult } from '../../src/plan/outcome.ts';
import { STAGES } from '../../src/plan/steps.ts';
import { plannedSteps, statusReport, stepReports } from '../../src/report/hosts.ts';
import type { Report, StepReport } from '../../src/report/report.ts';
import { draftReport } from '../../src/report/report-draft.ts';
import { act } from '../plan/act.ts';
import { emptyWorld, fingerprintOf, makeRelease, observe, usually } from '../plan/world.ts';

/** Reports of runs as they happen, for the summaries that are kept beside the tests. */

const HOSTS = ['ssh://deploy@s1.example.com', 'ssh://deploy@s2.example.com'] as const;
const OLD = '9b1c44d0';
const NEW = '3f2a9c1e';
const REVISION = '4be0d1c9a7f6e5d4c3b2a190817263544f5e6d7c';
const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const image = (service: string, letter: string): PinnedImage =>
  `ghcr.io/acme/shop-${service}@${digest(letter)}` as PinnedImage;

const SHAPE = { web: 'served', api: 'internal', worker: 'worker' } as const;
const release = (id: string) => {
  const made = makeRelease(id, SHAPE);
  return {
    ...made,
    origin: { ...made.origin, revision: id === NEW ? REVISION : `0c0ffee${REVISION.slice(7)}` },
  };
};
const releases = new Map([OLD, NEW].map((id) => [id, release(id)]));

/** A host on which the old release was accepted. */
function world() {
  const made = emptyWorld();
  for (const action of actionsOf(made, OLD)) act(made, action, releases);
  const [entry] = made.history;
  if (entry !== undefined) {
    made.history[0] = {
      ...entry,
      at: '2026-01-01T17:20:11.482Z',
      actor: 'ada',
      runUrl: 'https://github.com/acme/shop/actions/runs/101',
    };
  }
  return made;
}

function actionsOf(of: ReturnType<typeof emptyWorld>, id: string) {
  const plan = planFleet([observe(of)], wanting(id)).hosts.get('ssh://one') ?? {};
  return STAGES.flatMap((stage) => plan[stage] ?? []).map(({ action }) => action);
}

const wanting = (id: string) => {
  const made = release(id);
  return {
    release: made,
    ...usually,
    edgeFingerprint: fingerprintOf(made),
  };
};

const plan = (hosts: readonly string[]) =>
  planFleet(
    hosts.map((host) => observe(world(), host)),
    wanting(NEW),
  );

/** How long steps take, and what they find. */
const TOOK: Readonly<Record<string, number>> = {
  'pull-images': 2140,
  'record-release': 18,
  'start-services': 610,
  'check-health': 1480,
  'switch-traffic': 46,
  'stop-services': 320,
  'final-check': 980,
  'accept-release': 17,
  'drain-traffic': 20,
};
const NOTE: Readonly<Record<string, string>> = {
  'pull-images': '2 of 3 pulled',
  'check-health': '2 healthy after 1.5s',
  'final-check': '5 well; nothing in flight on 9b1c44d0',
  'drain-traffic': 'no request in flight',
};

/** The steps of a plan with times: hosts side by side, each a little slower than the one before. */
function carriedOut(
  hosts: readonly string[],
  failing?: { readonly host: string; readonly kind: string },
): readonly StepResult[] {
  const steps: StepResult[] = [];
  const begun: StepResult[] = [];
  const written = plan(hosts);
  let clock = 0;
  for (const stage of STAGES) {
    let failed = false;
    const ends = hosts.map((host, index) => {
      let at = clock;
      for (const { action } of written.hosts.get(host)?.[stage] ?? []) {
        const ok = host !== failing?.host || action.kind !== failing.kind;
        const took = Math.round((TOOK[action.kind] ?? 30) * (1 + index * 0.12)) + (ok ? 0 : 3_000);
        const step = {
          host,
          stage,
          action,
          at,
          took,
          ok,
          undo: false,
          note: ok ? NOTE[action.kind] : undefined,
        };
        steps.push(step);
        begun.push(step);
        at += took;
        if (!ok) failed = true;
        if (!ok) break;
      }
      return at;
    });
    clock = Math.max(...ends);
    if (!failed) continue;
    for (const host of hosts) {
      let at = clock;
      const planned = STAGES.flatMap((each) => written.hosts.get(host)?.[each] ?? []);
      const mine = begun.filter((step) => step.host === host).map((step) => step.action);
      const undo = planned
        .filter((step) => mine.includes(step.action))
        .toReversed()
        .flatMap((step) => step.undo);
      for (const action of undo) {
        const took = TOOK[action.kind] ?? 30;
        steps.push({ host, stage, action, at, took, ok: true, undo: true, note: undefined });
        at += took;
      }
    }
    break;
  }
  return steps;
}

const base: Report = {
  ...draftReport('deliver', 'https://github.com/acme/shop/actions/runs/102'),
  app: 'shop',
  environment: 'production',
  release: NEW,
  previous: OLD,
  revision: REVISION,
  images: { api: image('api', 'a'), web: image('web', 'b'), worker: image('api', 'a') },
  tags: [REVISION, 'latest', 'v1.4.0'],
  build: { reused: false, tested: true, times: { build: 41_200, test: 3_180, push: 5_400 } },
  strategy: 'blue-green',
  environmentUrl: 'https://shop.example.com/up',
  startedAt: '2026-01-02T03:04:05.678Z',
  took: 58_300,
};

const deployed: Report = {
  ...base,
  result: 'deployed',
  state: `${NEW} is live.`,
  live: NEW,
  answer: '200, 3 times in a row',
  hosts: HOSTS.map((host) => ({ host, was: OLD, is: NEW, why: 'healthy', kept: [] })),
  steps: stepReports(carriedOut(HOSTS)),
};

const why = 'web did not become healthy: it exited with code 1';
const rolledBack: Report = {
  ...base,
  result: 'rolled-back',
  error: `${HOSTS[1]}: ${why}`,
  state: `Traffic stayed on ${OLD}; ${NEW} is stopped.`,
  live: OLD,
  hosts: [
    { host: HOSTS[0], was: OLD, is: OLD, why: `taken back with ${HOSTS[1]}`, kept: [] },
    { host: HOSTS[1], was: OLD, is: OLD, why, kept: [] },
  ],
  steps: stepReports(carriedOut(HOSTS, { host: HOSTS[1], kind: 'check-health' })),
  evidence: [
    {
      host: HOSTS[1],
      container: `shop-production-${NEW}-web-1`,
      service: 'web',
      state: 'exited',
      exitCode: 1,
      oomKilled: false,
      health: undefined,
      lastLines: [
        '2026-01-02T03:04:48Z connecting to postgres://db:5432/shop',
        'Error: relation "orders" has no column "discount"',
        '    at Parser.parseErrorMessage (/app/node_modules/pg-protocol/dist/parser.js:285:98)',
        '    at process.processImmediate (node:internal/timers:483:21)',
        'Node.js v24.4.1',
      ],
    },
    ...HOSTS.map((host) => ({
      host,
      container: `shop-production-${NEW}-api-1`,
      service: 'api',
      state: 'running',
      exitCode: undefined,
      oomKilled: false,
      health: 'healthy',
      lastLines: ['listening on 8080'],
    })),
  ],
};

const planned: Report = {
  ...base,
  result: 'planned',
  state: 'Nothing was changed.',
  build: undefined,
  tags: [],
  steps: plannedSteps(plan(HOSTS)),
  took: 2_900,
};

const unbuilt: Report = {
  ...planned,
  previous: undefined,
  images: { '': image('web', '0'), api: image('api', 'a'), job: image('web', '0'), web: image('web', '0') },
};

const seen: Report = {
  ...base,
  command: 'status',
  result: 'reported',
  state: 'Nothing was changed.',
  release: undefined,
  previous: undefined,
  revision: undefined,
  images: {},
  tags: [],
  build: undefined,
  strategy: undefined,
  environmentUrl: undefined,
  took: 940,
  hosts: [
    ...HOSTS.map((host) => {
      const of = world();
      for (const action of actionsOf(of, NEW)) act(of, action, releases);
      const last = of.history.at(-1);
      if (last !== undefined)
        of.history[of.history.length - 1] = {
          ...last,
          at: '2026-01-02T03:05:03.001Z',
          actor: 'grace',
          runUrl: base.runUrl,
        };
      return statusReport(observe(of, host));
    }),
    {
      host: 'ssh://deploy@s3.example.com',
      was: undefined,
      is: undefined,
      why: 'nothing is deployed here',
      kept: [],
    },
  ],
};

const manyHosts = ['s1', 's2', 's3', 's4', 's5', 's6'].map((name) => `ssh://deploy@${name}.example.com`);
const fleet: Report = {
  ...deployed,
  hosts: manyHosts.map((host) => ({ host, was: OLD, is: NEW, why: 'healthy', kept: [] })),
  steps: stepReports(carriedOut(manyHosts)),
  removed: ['ssh://deploy@s7.example.com'],
  warnings: ['ssh://deploy@s3.example.com: could not remove image 9b1c44d0-0: it is in use'],
};

const built: Report = {
  ...base,
  command: 'build',
  result: 'built',
  app: undefined,
  environment: undefined,
  release: undefined,
  previous: undefined,
  strategy: undefined,
  environmentUrl: undefined,
  took: 51_000,
};

const failed: Report = {
  ...draftReport('deploy', base.runUrl),
  error: 'known-hosts: is missing. Hosts are reached by ssh only with their keys given.',
  startedAt: base.startedAt,
  took: 120,
};

const firstRolledBack: Report = {
  ...rolledBack,
  previous: undefined,
  live: undefined,
  state: 'Nothing is live, as before; accessories, networks and volumes that were made stay.',
  error: 'url: https://shop.example.com/up did not answer as expected within 1m: it answered 503.',
  answer: 'did not answer as expected',
  hosts: HOSTS.map((host) => ({
    host,
    was: undefined,
    is: undefined,
    why: 'moved back, because url did not answer as expected',
    kept: [],
  })),
  evidence: rolledBack.evidence.slice(1),
};

const lost = 'the connection was lost: Connection to s2.example.com closed by remote host.';
const stuck: Report = {
  ...rolledBack,
  error: `${HOSTS[1]}: ${lost}`,
  state: `NOT EVERYTHING COULD BE TAKEN BACK on ${HOSTS[1]}. The others serve what they served before (${HOSTS[0]}: ${OLD}). Look at ${HOSTS[1]} now.`,
  live: undefined,
  hosts: [
    { host: HOSTS[0], was: OLD, is: OLD, why: `taken back with ${HOSTS[1]}`, kept: [] },
    {
      host: HOSTS[1],
      was: OLD,
      is: undefined,
      why: `COULD NOT BE MOVED BACK: ${lost}`,
      unknown: true,
      stuck: true,
      kept: [],
    },
  ],
  evidence: [],
};

const recreated: Report = {
  ...deployed,
  strategy: 'recreate',
  hosts: deployed.hosts.map((host, index) => ({
    ...host,
    downtime: { services: ['web', 'api'], whole: true, for: 2_140 + index * 310 },
  })),
};

/** The steps of a canary with what was counted at each share; the last one breaks a limit when it fails. */
function canarySteps(hosts: readonly string[], failing: boolean): readonly StepReport[] {
  const shares = [
    { share: 0.05, requests: 402, others: 7_610, for: 120_000 },
    { share: 0.25, requests: 5_018, others: 15_102, for: 300_000 },
  ];
  const placed = { release: NEW, slot: 'green', services: ['web', 'api'] } as const;
  const others = { release: OLD, slot: 'blue' } as const;
  const steps = shares.flatMap(({ share, requests, others: others_, for: time }, index) =>
    hosts.flatMap((host): readonly StepResult[] => {
      const ok = !(failing && index === 1 && host === hosts.at(-1));
      const ended = failing && index === 1 && ok;
      const at = 8_000 + index * 120_050;
      const took = failing && index === 1 ? 14_200 : time;
      const part = took / time;
      return [
        {
          host,
          stage: 'switch',
          action: { kind: 'split-traffic', share, baseline: others, ...placed },
          at,
          took: 48,
          ok: true,
          undo: false,
          note: undefined,
        },
        {
          host,
          stage: 'switch',
          action: {
            kind: 'watch-release',
            purpose: 'canary',
            duration: time,
            baseline: others,
            limits: undefined,
            ...placed,
          },
          at: at + 48,
          took,
          ok: ok && !ended,
          ...(ended ? { aborted: true as const } : {}),
          undo: false,
          note: ok && !ended ? `${requests} requests, 0.1% of them 5xx` : undefined,
          watched: {
            own: {
              requests: Math.round(requests * part),
              errors: ok ? 1 : Math.round(requests * part * 0.104),
              latency: 9.4,
            },
            other: { requests: Math.round(others_ * part), errors: 4, latency: 8.7 },
          },
        },
      ];
    }),
  );
  return stepReports(steps);
}

const canary: Report = {
  ...deployed,
  strategy: 'canary',
  took: 452_300,
  steps: [...deployed.steps.slice(0, 8), ...canarySteps(HOSTS, false)],
};

const breach =
  '10% of 238 answers of the new release are 5xx, 0.56% of 715 of the old one: more than canary-max-errors allows (1%).';
const canaryRolledBack: Report = {
  ...rolledBack,
  strategy: 'canary',
  took: 152_300,
  error: `${HOSTS[1]}: ${breach}`,
  state: `Traffic is on ${OLD} again; ${NEW} is stopped.`,
  hosts: [
    { host: HOSTS[0], was: OLD, is: OLD, why: `moved back with ${HOSTS[1]}`, kept: [] },
    { host: HOSTS[1], was: OLD, is: OLD, why: breach, kept: [] },
  ],
  steps: [...deployed.steps.slice(0, 8), ...canarySteps(HOSTS, true)],
  evidence: [],
};

/** Three hosts, the first of them alone: the steps of the others come later by what a wave takes. */
const waveHosts = manyHosts.slice(0, 3);
const waves: Report = {
  ...deployed,
  hosts: waveHosts.map((host) => ({ host, was: OLD, is: NEW, why: 'healthy', kept: [] })),
  steps: stepReports(carriedOut(waveHosts)).map((step) => {
    const moves = ['prepare', 'start', 'check', 'switch'].includes(step.stage);
    const late =
      (moves && step.host !== waveHosts[0]) ||
      ['complete', 'final-check', 'accept', 'retire'].includes(step.stage);
    return { ...step, at: (step.at ?? 0) + (late ? 2_600 : 0) };
  }),
};

const hookFailed: Report = {
  ...rolledBack,
  error: `${HOSTS[0]}: before-release: "sh -c ' ⏎ set -e ⏎ bin/migrate && bin/seed ⏎ '" failed in web with exit code 1.`,
  details: ['== 20260102 AddDiscount: migrating', 'PG::UndefinedTable: relation "orders" does not exist'],
  state: `Traffic stayed on ${OLD}; nothing of ${NEW} was started.`,
  hosts: [
    {
      host: HOSTS[0],
      was: OLD,
      is: OLD,
      why: `before-release: "sh -c ' ⏎ set -e ⏎ bin/migrate && bin/seed ⏎ '" failed in web with exit code 1.`,
      kept: [],
    },
    { host: HOSTS[1], was: OLD, is: OLD, why: `taken back with ${HOSTS[0]}`, kept: [] },
  ],
  steps: rolledBack.steps.filter(({ stage }) => ['pull', 'prepare'].includes(stage)),
  evidence: [],
};

export const SAMPLES = {
  'hook-failed': hookFailed,
  waves,
  canary,
  'canary-rolled-back': canaryRolledBack,
  recreated,
  stuck,
  deployed,
  'rolled-back': rolledBack,
  planned,
  unbuilt,
  status: seen,
  fleet,
  built,
  failed,
  'first-rolled-back': firstRolledBack,
};
