import type { ClusterRace } from './clusters.ts';
import { median, milliseconds, pairedRatio, seconds, spread, times, total } from './figures.ts';
import type { FleetSize } from './fleet.ts';
import { table } from './page.ts';
import type { Pair, Race, Run } from './race.ts';
import type { RoundTrips, RunCount } from './round-trips.ts';
import type { Side } from './side-by-side.ts';
import { againstNode, type StartUp } from './start-up.ts';
import { type ImageTransfer, meetsGoal, TRANSFER_LINE, timesOfLine } from './transfer.ts';

/** The figures as tables. A ratio below 1 means that Sealift needs less than its peer. */

export function startUpTable(all: readonly StartUp[]): void {
  table(
    ['process', 'wall', 'CPU', 'wall, times node', 'CPU, times node'],
    all.map((one) => [
      one.what,
      spread(one.wall, milliseconds),
      spread(one.cpu, milliseconds),
      times(againstNode(all, 'wall', one)),
      times(againstNode(all, 'cpu', one)),
    ]),
  );
}

const COUNTED = {
  requests: ({ requests }) => requests,
  connections: ({ connections }) => connections,
  rounds: ({ rounds }) => rounds,
  'programs started on the runner': ({ programs }) => programs.length,
} as const satisfies Record<string, (run: RunCount) => number>;

export function roundTripTable([ours, theirs]: readonly RoundTrips[]): void {
  if (ours === undefined || theirs === undefined) return;
  const rows = (['deploy', 'back'] as const).flatMap((act) =>
    Object.entries(COUNTED).map(([what, read]) => [
      `${act === 'back' ? 'rollback' : 'deploy'}: ${what}`,
      String(read(ours[act])),
      String(read(theirs[act])),
      times(read(ours[act]) / read(theirs[act])),
    ]),
  );
  table(['requests to the engine', ours.name, theirs.name, 'ratio'], rows);
}

/** The compared figures of a run. */
const MEASURES: readonly {
  readonly what: string;
  readonly ours: (run: Run) => number;
  readonly theirs: (run: Run) => number;
}[] = [
  {
    what: 'command ends',
    ours: ({ all }) => all,
    theirs: ({ all }) => all,
  },
  {
    what: 'command ends, without the boot that Sealift waits for',
    ours: ({ all, boot }) => all - boot,
    theirs: ({ all }) => all,
  },
  {
    what: 'new version answers visitors, without its boot',
    ours: ({ untilAnswer, boot }) => untilAnswer - boot,
    theirs: ({ untilAnswer, boot }) => untilAnswer - boot,
  },
];

export function raceTable({ delay, deploys, backs }: Race): void {
  const acts = [
    ['deploy', deploys],
    ['rollback', backs],
  ] as const;
  const rows = acts.flatMap(([act, pairs]) => [
    ...MEASURES.map((measure) => timesRow(act, pairs, measure)),
    ...cpuRow(act, pairs),
    failedRow(act, pairs),
  ]);
  table([`at ${delay} ms each way`, 'Sealift', 'docker compose up -d', 'ratio, median of pairs'], rows);
}

function timesRow(
  act: string,
  pairs: readonly Pair[],
  { what, ours, theirs }: (typeof MEASURES)[number],
): string[] {
  const mine = pairs.map((pair) => ours(pair.ours));
  const other = pairs.map((pair) => theirs(pair.theirs));
  return [`${act}: ${what}`, spread(mine, seconds), spread(other, seconds), times(pairedRatio(mine, other))];
}

function cpuRow(act: string, pairs: readonly Pair[]): readonly string[][] {
  const known = pairs.flatMap(({ ours, theirs }) =>
    ours.cpu === undefined || theirs.cpu === undefined ? [] : [{ ours: ours.cpu, theirs: theirs.cpu }],
  );
  if (known.length === 0) return [];
  const [mine, other] = [known.map(({ ours }) => ours), known.map(({ theirs }) => theirs)];
  const cells = [mine, other].map((figures) => spread(figures, milliseconds));
  return [[`${act}: CPU of the runner's processes`, ...cells, times(pairedRatio(mine, other))]];
}

function failedRow(act: string, pairs: readonly Pair[]): string[] {
  const cell = (runs: readonly Run[]): string =>
    `${total(runs.map(({ failed }) => failed))} of ${total(runs.map(({ requests }) => requests))}`;
  return [
    `${act}: failed requests`,
    cell(pairs.map(({ ours }) => ours)),
    cell(pairs.map(({ theirs }) => theirs)),
    '',
  ];
}

/** How Sealift's time is spent. */
export function stageTable(races: readonly Race[]): void {
  const columns = races.flatMap(({ delay, deploys, backs }) => [
    { head: `deploy, ${delay} ms`, runs: deploys.map(({ ours }) => ours) },
    { head: `rollback, ${delay} ms`, runs: backs.map(({ ours }) => ours) },
  ]);
  const stages = [...new Set(columns.flatMap(({ runs }) => runs.flatMap((run) => Object.keys(run.stages))))];
  const cell = (runs: readonly Run[], stage: string): string =>
    runs.some((run) => run.stages[stage] !== undefined)
      ? milliseconds(median(runs.map((run) => run.stages[stage] ?? 0)))
      : '–';
  table(
    ['part of a run', ...columns.map(({ head }) => head)],
    [
      ...stages.map((stage) => [stage, ...columns.map(({ runs }) => cell(runs, stage))]),
      [
        "(the app's boot, in start or check)",
        ...columns.map(({ runs }) => milliseconds(median(runs.map((run) => run.boot)))),
      ],
    ],
  );
}

/** How the time of a deploy grows with the fleet. */
export function fleetTable(sizes: readonly FleetSize[], delay: number): void {
  const [one] = sizes;
  if (one === undefined) return;
  table(
    [`hosts, ${delay} ms away each way`, 'a deploy', 'ratio to one host, median of pairs'],
    sizes.map(({ hosts, deploys }) => [
      String(hosts),
      spread(deploys, seconds),
      times(pairedRatio(deploys, one.deploys)),
    ]),
  );
}

/** How many requests failed, of how many, in total and by kind. */
export function sideTable(sides: readonly Side[]): void {
  const kinds = [...new Set(sides.flatMap(({ load }) => [...load.kinds.keys()]))];
  const ofKind = ({ load }: Side, kind: string): string => {
    const ends = load.kinds.get(kind);
    if (ends === undefined) return '–';
    const all = total(Object.values(ends));
    return `${all - ends.answered} of ${all}`;
  };
  table(
    [`${sides[0]?.deploys} deploys under load of every kind`, ...sides.map(({ name }) => name)],
    [
      ['failed requests', ...sides.map(({ load }) => `${load.failed} of ${load.requests}`)],
      ...kinds.map((kind) => [`  ${kind}`, ...sides.map((side) => ofKind(side, kind))]),
      ['downtime, in total', ...sides.map(({ load }) => seconds(load.down))],
      ['downtime, each deploy', ...sides.map(({ load, deploys }) => seconds(load.down / deploys))],
    ],
  );
}

/** How images come to a server. The goal: at most 2 MB for a change that is compressed, and twice the time of its bytes on the line. */
export function transferTable(transfers: readonly ImageTransfer[]): void {
  const { delay, rate } = TRANSFER_LINE;
  table(
    [
      `3 MB of 355 MB change, ${rate} Mbit/s, ${delay} ms each way`,
      'bytes received',
      'time',
      'times the bytes on the line',
      'goal',
    ],
    transfers.map((transfer) => {
      const { way, bytes, milliseconds: took } = transfer;
      const goal = way.startsWith('Sealift') ? (meetsGoal(transfer) ? 'met' : 'missed') : '';
      return [way, `${(bytes / 1e6).toFixed(1)} MB`, seconds(took), times(timesOfLine(transfer)), goal];
    }),
  );
}

export function clusterTable(races: readonly ClusterRace[]): void {
  for (const { cluster, peer, ours, theirs } of races) {
    const rows = (['whole', 'ends'] as const).map((act) => [
      act === 'whole' ? 'all replicas are new and ready' : 'command ends',
      spread(ours[act], seconds),
      spread(theirs[act], seconds),
      times(pairedRatio(ours[act], theirs[act])),
    ]);
    table([`update on ${cluster}`, 'Sealift', peer, 'ratio'], rows);
  }
}
