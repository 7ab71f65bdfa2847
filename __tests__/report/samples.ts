import { requireRules } from '../../src/gate/judge-approval.ts';
import type { Approval } from '../../src/model/approval.ts';
import { HostError, messageOf } from '../../src/model/errors.ts';
import type { HostName, ReleaseId } from '../../src/model/identifiers.ts';
import type { PinnedImage } from '../../src/model/image.ts';
import { hostInputs } from '../../src/model/rollback-hint.ts';
import type { Action, ActionKind } from '../../src/plan/actions.ts';
import { planFleet } from '../../src/plan/fleet.ts';
import type { Evidence, HostImage, RolloutFailure, StepResult } from '../../src/plan/outcome.ts';
import { STAGES, type StageName } from '../../src/plan/plan.ts';
import type { HostRemoval } from '../../src/plan/removal.ts';
import { deployResultOf } from '../../src/report/deploy-result.ts';
import { combineFailures, failureText } from '../../src/report/failures.ts';
import { historyOf } from '../../src/report/history-table.ts';
import { statusReport } from '../../src/report/host-status.ts';
import { removalReport } from '../../src/report/removal-report.ts';
import type {
  BuildReport,
  DeploymentReport,
  RemovalReport,
  StatusReport,
  UnlockReport,
} from '../../src/report/report.ts';
import { emptyReport } from '../../src/report/report-draft.ts';
import { plannedSteps, stepReports } from '../../src/report/step-reports.ts';
import { act } from '../plan/act.ts';
import { emptyWorld, fingerprintOf, makeRelease, observe, usually, type World } from '../plan/world.ts';
import { hostName, releaseId } from '../support/identifiers.ts';

/** Reports of typical runs. Their summaries are golden files. */

const FIRST = hostName('ssh://deploy@s1.example.com');
const SECOND = hostName('ssh://deploy@s2.example.com');
const HOSTS = [FIRST, SECOND];
const OLD = releaseId('9b1c44d0');
const NEW = releaseId('3f2a9c1e');
const REVISION = '4be0d1c9a7f6e5d4c3b2a190817263544f5e6d7c';
const OLD_REVISION = `0c0ffee${REVISION.slice(7)}`;
const image = (service: string, letter: string): PinnedImage =>
  `ghcr.io/acme/shop-${service}@sha256:${letter.repeat(64)}` as PinnedImage;

const release = (id: ReleaseId) => {
  const made = makeRelease(id, { web: 'served', api: 'internal', worker: 'worker' });
  const revision = id === NEW ? REVISION : OLD_REVISION;
  return { ...made, origin: { ...made.origin, revision } };
};
const releases = new Map([OLD, NEW].map((id) => [id, release(id)]));

const planOf = (hosts: readonly HostName[], worldOf: WorldOf, id: ReleaseId) => {
  const made = release(id);
  const desired = { release: made, ...usually, edgeFingerprint: fingerprintOf(made) };
  return planFleet(
    hosts.map((host) => observe(worldOf(host), host)),
    desired,
  );
};
type WorldOf = (host: HostName) => World;

/** Deploys a release in a world. */
function deploy(world: World, id: ReleaseId, at: string, actor: string, run: number): World {
  const plan = planOf([FIRST], () => world, id).hosts.get(FIRST) ?? {};
  for (const { action } of STAGES.flatMap((stage) => plan[stage] ?? [])) act(world, action, releases);
  const last = world.history.pop();
  const runUrl = `https://github.com/acme/shop/actions/runs/${run}`;
  if (last !== undefined) world.history.push({ ...last, at, actor, runUrl });
  return world;
}

/** A host on which the old release was accepted. */
const withOld: WorldOf = () => deploy(emptyWorld(), OLD, '2026-01-01T17:20:11.482Z', 'ada', 101);

/** How long steps take, in milliseconds, and what they report. */
const DURATIONS: Partial<Record<ActionKind, number>> = {
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
const NOTES: Partial<Record<ActionKind, string>> = {
  'pull-images': '2 of 3 pulled, 41.2 MB',
  'check-health': '2 healthy after 1.5s',
  'final-check': '5 healthy; nothing in flight on 9b1c44d0',
  'drain-traffic': 'no request in flight',
};

const IMAGES: readonly HostImage[] = [
  { image: image('api', 'a'), size: 92_412_000, pulled: 1_204_000 },
  { image: image('web', 'b'), size: 187_300_000, pulled: 40_019_000 },
  { image: 'caddy:2.11.4-alpine', size: 54_000_000, pulled: 0 },
];

interface Run {
  readonly hosts?: readonly HostName[];
  readonly worldOf?: WorldOf;
  /** Where the run fails: at an action of one host, or at the end of a stage. */
  readonly fails?: { readonly host: HostName; readonly kind: ActionKind } | { readonly after: StageName };
}

/** The steps of a deploy. Hosts work in parallel, each a little slower than the one before. */
function stepsOf({ hosts = HOSTS, worldOf = withOld, fails }: Run = {}): readonly StepResult[] {
  const steps: StepResult[] = [];
  const plan = planOf(hosts, worldOf, NEW);
  let clock = 0;
  for (const stage of STAGES) {
    let failed = fails !== undefined && 'after' in fails && fails.after === stage;
    const ends = hosts.map((host, index) => {
      let at = clock;
      for (const { action } of plan.hosts.get(host)?.[stage] ?? []) {
        const ok = !(
          fails !== undefined &&
          'kind' in fails &&
          fails.host === host &&
          fails.kind === action.kind
        );
        const took = Math.round((DURATIONS[action.kind] ?? 30) * (1 + index * 0.12)) + (ok ? 0 : 3_000);
        const note = ok ? NOTES[action.kind] : undefined;
        const images = action.kind === 'pull-images' && ok ? { images: IMAGES } : {};
        steps.push({ host, stage, action, at, took, ok, undo: false, note, ...images });
        at += took;
        if (!ok) {
          failed = true;
          break;
        }
      }
      return at;
    });
    clock = Math.max(...ends);
    if (failed) return [...steps, ...undoOf(steps, hosts, plan, stage, clock)];
  }
  return steps;
}

function undoOf(
  steps: readonly StepResult[],
  hosts: readonly HostName[],
  plan: ReturnType<typeof planOf>,
  stage: StageName,
  clock: number,
): readonly StepResult[] {
  return hosts.flatMap((host) => {
    const done = new Set(steps.filter((step) => step.host === host).map(({ action }) => action));
    const undo = STAGES.flatMap((each) => plan.hosts.get(host)?.[each] ?? [])
      .filter(({ action }) => done.has(action))
      .toReversed()
      .flatMap((step) => step.undo);
    let at = clock;
    return undo.map((action) => {
      const took = DURATIONS[action.kind] ?? 30;
      at += took;
      return { host, stage, action, at: at - took, took, ok: true, undo: true, note: undefined };
    });
  });
}

const base: DeploymentReport = {
  ...emptyReport('deliver', { actor: 'grace', runUrl: 'https://github.com/acme/shop/actions/runs/102' }),
  app: 'shop',
  environment: 'production',
  release: NEW,
  previous: OLD,
  previousRevision: OLD_REVISION,
  revision: REVISION,
  images: { api: image('api', 'a'), web: image('web', 'b'), worker: image('api', 'a') },
  tags: [REVISION, 'latest', 'v1.4.0'],
  build: { reused: false, tested: true, times: { build: 41_200, test: 3_180, push: 5_400 } },
  strategy: 'blue-green',
  environmentUrl: 'https://shop.example.com/up',
  startedAt: '2026-01-02T03:04:05.678Z',
  durationMs: 58_300,
};

/** The report of a successful run. */
function succeeded({ hosts = HOSTS, worldOf = withOld }: Run = {}): DeploymentReport {
  const steps = stepsOf({ hosts, worldOf });
  const before = hosts.map((host) => observe(worldOf(host), host));
  return {
    ...base,
    ...deployResultOf(before, release(NEW), { kind: 'succeeded', steps, warnings: [] }),
    answer: '200, 3 times in a row',
    rollbackHint: { keeps: 'containers', inputs: hostInputs(hosts) },
    steps: stepReports(steps),
  };
}

interface FailedRun extends Run {
  readonly steps?: readonly StepResult[];
  readonly failures: readonly (Partial<RolloutFailure> & Pick<RolloutFailure, 'error'>)[];
  readonly undoFailures?: readonly RolloutFailure[];
  readonly evidence?: readonly Evidence[];
}

/** The report of a run that failed, with the texts that Sealift makes of its failures. */
function failedRun(run: FailedRun): DeploymentReport {
  const { hosts = HOSTS, worldOf = withOld, undoFailures = [], evidence = [] } = run;
  const steps = run.steps ?? stepsOf(run);
  const failures = run.failures.map((failure) => {
    const step = steps.find(({ host, ok, aborted }) => host === failure.host && !ok && !aborted);
    return { host: undefined, stage: step?.stage ?? ('verify' as const), action: step?.action, ...failure };
  });
  const before = hosts.map((host) => observe(worldOf(host), host));
  const outcome = { kind: 'rolled-back', steps, failures, undoFailures, evidence } as const;
  const result = deployResultOf(before, release(NEW), outcome);
  const { cause, details } = failureText(combineFailures(failures), result.state);
  return {
    ...base,
    ...result,
    ...{ error: cause, details, evidence },
    steps: stepReports(steps, [...failures, ...undoFailures]),
  };
}

const on = (host: HostName, message: string, evidence: readonly string[] = []) => ({
  host,
  error: new HostError(host, message, { evidence }),
});

const evidenceOf = (host: HostName, service: string, more: Partial<Evidence> = {}): Evidence => ({
  ...{ host, service, container: `shop-production-${NEW}-${service}-1`, state: 'running' },
  ...{ exitCode: undefined, oomKilled: false, health: 'healthy', lastLines: ['listening on 8080'] },
  ...more,
});
const apis = HOSTS.map((host) => evidenceOf(host, 'api'));
const crashedWeb = evidenceOf(SECOND, 'web', {
  ...{ state: 'exited', exitCode: 1, health: undefined },
  lastLines: [
    '2026-01-02T03:04:48Z connecting to postgres://db:5432/shop',
    'Error: relation "orders" has no column "discount"',
    '    at Parser.parseErrorMessage (/app/node_modules/pg-protocol/dist/parser.js:285:98)',
    '    at process.processImmediate (node:internal/timers:483:21)',
    'Node.js v24.4.1',
  ],
});

const deployed = succeeded();

const unhealthyOnSecond: FailedRun = {
  fails: { host: SECOND, kind: 'check-health' },
  failures: [on(SECOND, 'web did not become healthy: it exited with code 1')],
  evidence: [crashedWeb, ...apis],
};
const rolledBack = failedRun(unhealthyOnSecond);

/** The new release is rejected on two hosts of which only one has a release. */
const differentReleases = failedRun({
  ...unhealthyOnSecond,
  worldOf: (host) => (host === FIRST ? withOld(host) : emptyWorld()),
});

const lost = 'the connection was lost: Connection to s2.example.com closed by remote host.';
const restartOld: Action = {
  ...{ kind: 'start-services', release: OLD, slot: 'blue', services: ['web'], how: 'start' },
};
const rollbackIncomplete = failedRun({
  ...unhealthyOnSecond,
  failures: [on(SECOND, lost)],
  undoFailures: [{ ...on(SECOND, lost), stage: 'check', action: restartOld }],
  evidence: [],
});

const planned: DeploymentReport = {
  ...base,
  result: 'planned',
  state: 'Nothing was changed.',
  build: undefined,
  tags: [],
  steps: plannedSteps(planOf(HOSTS, withOld, NEW)),
  durationMs: 2_900,
};

const unbuilt: DeploymentReport = {
  ...planned,
  previous: undefined,
  images: { '': image('web', '0'), api: image('api', 'a'), job: image('web', '0'), web: image('web', '0') },
};

const status: StatusReport = {
  ...emptyReport('status', base),
  ...{ app: base.app, environment: base.environment, result: 'reported', durationMs: 940 },
  history: historyOf(
    HOSTS.map((host) => observe(deploy(withOld(host), NEW, '2026-01-02T03:05:03.001Z', 'grace', 102), host)),
  ),
  hosts: [
    ...HOSTS.map((host) =>
      statusReport(observe(deploy(withOld(host), NEW, '2026-01-02T03:05:03.001Z', 'grace', 102), host)),
    ),
    statusReport(observe(emptyWorld(), hostName('ssh://deploy@s3.example.com'))),
  ],
};

const manyHosts = ['s1', 's2', 's3', 's4', 's5', 's6'].map((name) =>
  hostName(`ssh://deploy@${name}.example.com`),
);
const inFleet = succeeded({ hosts: manyHosts });
const fleet: DeploymentReport = {
  ...inFleet,
  hosts: inFleet.hosts.map((host) => ({
    ...host,
    downtime: { services: ['dns'], complete: false, durationMs: 1_800 },
  })),
  removed: [hostName('ssh://deploy@s7.example.com')],
  warnings: ['ssh://deploy@s3.example.com: could not remove image 9b1c44d0-0: it is in use'],
};

const APPROVED: Approval = {
  kind: 'approved',
  approvers: [{ login: 'hubot', comment: 'Ship it' }],
  rules: ['required reviewers: @hubot, team ops', 'no self-review'],
};

/** Three hosts, the first one alone in its wave: the steps of the others come later by the duration of a wave. */
const waveHosts = manyHosts.slice(0, 3);
const inWaves = succeeded({ hosts: waveHosts });
const waves: DeploymentReport = {
  ...inWaves,
  build: { reused: true, tested: true, times: {} },
  approval: APPROVED,
  steps: inWaves.steps.map((step) => {
    const secondWave = ['prepare', 'start', 'check', 'switch'].includes(step.stage) && step.host !== FIRST;
    const late = secondWave || ['complete', 'final-check', 'accept', 'retire'].includes(step.stage);
    return { ...step, startMs: (step.startMs ?? 0) + (late ? 2_600 : 0) };
  }),
};

const built: BuildReport = {
  ...emptyReport('build', base),
  ...{ result: 'built', revision: REVISION, images: base.images, tags: base.tags, build: base.build },
  durationMs: 51_000,
};

const failed: DeploymentReport = {
  ...emptyReport('deploy', base),
  error: 'known-hosts: missing. Sealift trusts an SSH host only by a key that it was given.',
  startedAt: base.startedAt,
  durationMs: 120,
};

const firstRolledBack: DeploymentReport = {
  ...failedRun({
    worldOf: emptyWorld,
    fails: { after: 'switch' },
    failures: [
      {
        error: new Error(
          'url: https://shop.example.com/up did not answer as expected within 1m: it answered 503.',
        ),
      },
    ],
    evidence: apis,
  }),
  previous: undefined,
  answer: 'did not answer as expected',
};

const recreated: DeploymentReport = {
  ...deployed,
  strategy: 'recreate',
  build: { reused: false, tested: false, times: { build: 41_200, push: 5_400 } },
  hosts: deployed.hosts.map((host, index) => ({
    ...host,
    downtime: { services: ['web', 'api'], complete: true, durationMs: 2_140 + index * 310 },
  })),
};

/** The steps of a canary with the figures of each share. When it fails, the last share breaks a limit on the second host. */
function canarySteps(fails: boolean): readonly StepResult[] {
  const placed = { release: NEW, slot: 'green', services: ['web', 'api'] } as const;
  const baseline = { release: OLD, slot: 'blue' } as const;
  const shares = [
    { share: 0.05, requests: 402, others: 7_610, duration: 120_000 },
    { share: 0.25, requests: 5_018, others: 15_102, duration: 300_000 },
  ];
  const steps = shares.flatMap(({ share, requests, others, duration }, index) =>
    HOSTS.flatMap((host): readonly StepResult[] => {
      const ends = fails && index === 1;
      const breaks = ends && host === SECOND;
      const took = ends ? 14_200 : duration;
      const part = took / duration;
      const at = 8_000 + index * 120_050;
      const step = { host, stage: 'switch', undo: false } as const;
      return [
        {
          ...{ ...step, at, took: 48, ok: true, note: undefined },
          action: { kind: 'split-traffic', share, baseline, ...placed },
        },
        {
          ...{
            ...step,
            at: at + 48,
            took,
            ok: !ends,
            ...(ends && !breaks ? { aborted: true as const } : {}),
          },
          note: ends ? undefined : `${requests} requests, 0.1% of them 5xx`,
          action: {
            ...{ kind: 'watch-release', purpose: 'canary', duration, baseline, limits: undefined, ...placed },
          },
          watched: {
            release: {
              requests: Math.round(requests * part),
              errors: breaks ? Math.round(requests * part * 0.104) : 1,
              latencyMs: 9.4,
            },
            baseline: { requests: Math.round(others * part), errors: 4, latencyMs: 8.7 },
          },
        },
      ];
    }),
  );
  return [...stepsOf().slice(0, 8), ...steps];
}

const canary: DeploymentReport = {
  ...deployed,
  strategy: 'canary',
  durationMs: 452_300,
  steps: stepReports(canarySteps(false)),
};

const canaryRolledBack: DeploymentReport = {
  ...failedRun({
    steps: canarySteps(true),
    failures: [
      on(
        SECOND,
        '10% of 238 answers of the new release are 5xx, 0.56% of 715 of the old one: more than canary-max-errors allows (1%).',
      ),
    ],
  }),
  strategy: 'canary',
  durationMs: 152_300,
};

const hookFailed = failedRun({
  steps: [
    ...stepsOf(unhealthyOnSecond).filter(({ stage }) => ['pull', 'prepare'].includes(stage)),
    {
      ...{
        host: FIRST,
        stage: 'before-release',
        at: 2_420,
        took: 1_730,
        ok: false,
        undo: false,
        note: undefined,
      },
      action: {
        ...{ kind: 'run-hook', when: 'before', release: NEW, slot: 'green', service: 'web' },
        argv: ['sh', '-c', '\nset -e\nbin/migrate && bin/seed\n'],
      },
    },
  ],
  failures: [
    on(
      FIRST,
      `before-release: "sh -c ' ⏎ set -e ⏎ bin/migrate && bin/seed ⏎ '" failed in web with exit code 1.`,
      ['== 20260102 AddDiscount: migrating', 'PG::UndefinedTable: relation "orders" does not exist'],
    ),
  ],
});

/** A removal that finds everything on the first host, nothing on the second one, and does not reach the third one. */
const removalSteps = (
  [
    [{ kind: 'release-domains', container: 'front', domains: ['pr-42.example.com'] }, 240, undefined],
    [
      {
        kind: 'remove-images',
        images: [{ id: 'i', tags: ['sealift/shop-pr-42:8f3c2a1b-0'], digests: [], usedElsewhere: false }],
      },
      610,
      '1 of 1 images removed',
    ],
    [{ kind: 'remove-state', containers: [], volume: 'shop-pr-42-sealift' }, 35, undefined],
  ] as const
).map(([action, took, note], index) => ({ action, at: 900 * (index + 1), took, ok: true, note }));
const removal: HostRemoval = {
  host: FIRST,
  live: OLD,
  planned: removalSteps.map(({ action }) => action),
  keptVolumes: ['shop-pr-42_data'],
  steps: removalSteps,
  error: undefined,
};
const emptied: HostRemoval = {
  ...removal,
  host: SECOND,
  live: undefined,
  planned: [],
  steps: [],
  keptVolumes: [],
};
const removalOf = (removals: readonly HostRemoval[], dryRun = false): RemovalReport => ({
  ...emptyReport('remove', base),
  ...{ app: 'shop', environment: 'pr-42', durationMs: 3_100 },
  ...removalReport(
    'shop-pr-42',
    removals.map(({ host }) => host),
    removals,
    [],
    dryRun,
  ),
});
const halfway: HostRemoval = {
  ...{
    ...removal,
    host: SECOND,
    error: new HostError(SECOND, 'could not remove image: device or resource busy'),
  },
  steps: removalSteps.slice(0, 2).map((step, index) => ({ ...step, note: undefined, ok: index === 0 })),
};
const unreachable = hostName('ssh://deploy@s3.example.com');
const partlyFailed = [{ host: unreachable, error: new HostError(unreachable, 'connection refused.') }];
const partlyRemoved: RemovalReport = {
  ...removalOf([]),
  ...removalReport('shop-pr-42', [FIRST, SECOND, unreachable], [removal, halfway], partlyFailed, false),
  error: combineFailures(partlyFailed).message,
};

/** The environment has no reviewers, in the words of the gate. */
const gateRefused: DeploymentReport = {
  ...emptyReport('deploy', base),
  ...{ app: 'shop', environment: 'production', durationMs: 840 },
  error: gateError(),
};

function gateError(): string {
  const options = {
    approval: 'required',
    strict: true,
    allowSelfApproval: false,
    token: undefined,
    checkRunId: undefined,
  } as const;
  const rules = { id: 1, hasReviewers: false, preventsSelfReview: false, canAdminsBypass: true, texts: [] };
  try {
    requireRules(rules, 'production', options, 'this deploy was not gated');
    throw new Error('The gate let it pass.');
  } catch (error) {
    return messageOf(error);
  }
}

const unlocked: UnlockReport = {
  ...emptyReport('unlock', base),
  ...{ app: 'shop', environment: 'production', durationMs: 16_200, approval: { kind: 'off' } },
  result: 'unlocked',
  locks: [
    {
      ...{ host: hostName('ssh://deploy@s1.example.com'), actor: 'grace', since: '2026-01-02T09:30:00.000Z' },
      ...{ runUrl: 'https://github.com/octo/shop/actions/runs/7', expired: false },
    },
    {
      ...{
        host: hostName('ssh://deploy@s2.example.com'),
        actor: undefined,
        since: '2026-01-02T09:30:00.412Z',
      },
      ...{ runUrl: undefined, expired: true },
    },
  ],
};

export const SAMPLES = {
  unlocked,
  'gate-refused': gateRefused,
  removed: removalOf([removal, emptied]),
  'removal-planned': removalOf([{ ...removal, steps: [] }, emptied], true),
  'removal-failed': partlyRemoved,
  'nothing-to-remove': removalOf([emptied]),
  'hook-failed': hookFailed,
  waves,
  canary,
  'canary-rolled-back': canaryRolledBack,
  recreated,
  'rollback-incomplete': rollbackIncomplete,
  deployed,
  'with-rollback-workflow': {
    ...deployed,
    approval: APPROVED,
    rollbackWorkflow: { file: 'rollback.yml', inputs: ['environment', 'to'] },
  } satisfies DeploymentReport,
  'manual-rollback': {
    ...deployed,
    ...({ command: 'rollback', build: undefined, approval: { kind: 'off' } } as const),
  } satisfies DeploymentReport,
  'rolled-back': rolledBack,
  'different-releases': differentReleases,
  planned,
  unbuilt,
  status,
  fleet,
  built,
  failed,
  'first-rolled-back': firstRolledBack,
};
