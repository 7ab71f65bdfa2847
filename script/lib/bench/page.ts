import { readFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { table as printTable } from '../demo/terminal.ts';

/** docs/benchmarks.md: what was measured, as it was shown in the terminal. */

interface Table {
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const sections = new Map<string, Table[]>();
let current = '';

/** The tables that follow belong to this part. */
export function beginPart(part: string): void {
  current = part;
}

/** Shows a table, and keeps it for the page. */
export function table(heads: Table['heads'], rows: Table['rows']): void {
  printTable(heads, rows);
  sections.set(current, [...(sections.get(current) ?? []), { heads, rows }]);
}

/** What each part measures. */
const TEXTS: Readonly<Record<string, string>> = {
  'start-up': `## Start-up

Starts of short processes, one of each in turn. \`deploy.js\` starts without inputs: it loads everything, reads and refuses the inputs, and writes the
report. The client of GitHub's API is a file of its own, which is loaded only where an approval is checked.`,
  'round-trips': `## Requests to the engine

The second deploy of an app, with one changed image that is in the registry and not on the server; then a rollback. All requests pass through a socket on
the runner that counts them. *Rounds* is the longest chain of requests in which each one began after the previous one had ended. Every request is held for
25 ms, so that parallel requests count as one. \`script/bench --only round-trips --waterfall FOLDER\` shows each of them. They may not grow:
\`__tests__/e2e/counts.json\`.`,
  time: `## Time

The app listens after a second and logs that it does. Both sides deploy the same image content to the same server, each with its own port, alternating and
in changing order. Visitors request the app all the time. Sealift gets \`image:\` by digest and \`health-path: /up\`. Its time includes its login to the
registry and the post step; Compose was logged in beforehand. Each rollback goes to the previous version: with the action \`rollback\` for Sealift, and with
\`up -d\` and the previous image for Compose.

*Command ends* does not mean the same on both sides. Sealift ends when the new release is healthy, has had all the traffic for a second, and the old one
has finished its requests and is stopped. Compose ends when the container is started, which says nothing about the app. The second row subtracts the app's
own boot from Sealift's time, because Compose does not wait for it. *New version answers visitors* is the time that a visitor waits: until the first response
of the new version, without its boot on both sides. *CPU of the runner's processes* is that of all programs that are started on the runner, added up.`,
  'side-by-side': `## What visitors see

The same app, change, server and visitors (one seed), deploys on each side, one after the other. The visitors are those of [the soak test](soak.md). They do
not retry, so each request that they lose is one that a person would notice.`,
  transfer: `## Images on the wire

An image of 355 MB is on the server, and a version of it whose last layer of 3 MB has changed is built on the runner. What the server then receives over its
line, once for each way, with everything that belongs to it (logins, requests). Sealift's time is that of the stage \`pull\`, and it
is compared with the bytes of that stage alone. The goal: at most 2 MB, and twice the time of the image's bytes on the line. The push to the registry is not on the
slow line.`,
  fleet: `## Hosts of a fleet

Deploys of a changed image that no host has, to fleets of growing size, alternating. All hosts, the registry and the runner share the cores of one machine,
so the time grows with the work of the servers; real servers each do their own work.`,
  clusters: `## Clusters

Updates of two replicas on two nodes, in turn with what the cluster itself brings: \`docker stack deploy --detach=false\`, run on the manager, and
\`kubectl apply\` with \`kubectl rollout status\`. *All replicas are new and ready* is asked of the cluster from outside, from the start of the command. When that is so,
\`kubectl rollout status\` ends. Sealift, like \`docker stack deploy\`, goes on watching: on Kubernetes five seconds, in which no new pod may end. It also records the release.
Its time includes the start of the action, the approval, the connection, the lookup of the image and the plan. Kubernetes is measured if the lab has a
cluster (\`lab/lab up --kubernetes\`).`,
};

const markdown = ({ heads, rows }: Table): string =>
  [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** Rows whose last cell is a ratio above 1: what takes Sealift more than its peer. */
function slowerLines(): readonly string[] {
  return [...sections].flatMap(([part, tables]) =>
    part === 'start-up' || part === 'fleet' || part === 'transfer'
      ? []
      : tables.flatMap(({ heads, rows }) =>
          rows.flatMap((cells) => {
            const ratio = Number(/^(?<ratio>[\d.]+)×$/.exec(cells.at(-1) ?? '')?.groups?.['ratio']);
            return ratio > 1 ? [`- ${heads[0]}, ${cells[0]}: ${cells.at(-1)}`] : [];
          }),
        ),
  );
}

/** The whole page, with what was measured in this run. */
export function benchmarkPage(date: Date, commit: string): string {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  const slower = slowerLines();
  const head = `# Benchmarks

This page is printed by \`script/bench --markdown docs/benchmarks.md\`, on ${date.toISOString().slice(0, 10)}, for version ${version} (${commit}), on a
machine with ${cpus().length} cores, Linux ${release()}, Node ${process.version}, whose load average was ${Math.round(loadavg()[2] ?? 0)} in the last quarter of an hour. The runner, the registry and the servers are all on it. It compares Sealift
with the simplest tool for the same job: \`docker compose up -d\` on the runner with \`DOCKER_HOST=ssh://…\`. Every figure is from the bundled action in
\`dist/\`, started as GitHub's runner starts it, against a real engine, registry and sshd. Each is the median (least to most); ratios are medians of pairs
that ran one after the other. Times differ on another machine, and where other work is done on it: compare the columns.

## What is slower than Compose
`;
  const first =
    slower.length === 0
      ? 'Nothing that this run has measured.'
      : `${slower.join('\n')}\n\nWhat this buys is in the rows about failed requests: Compose stops the old container before the new one has booted.`;
  const parts = [...sections].map(([part, tables]) =>
    [TEXTS[part] ?? '', ...tables.map(markdown)].join('\n\n'),
  );
  const tail = `## What is not measured

Builds; engines over \`tcp://\`; first deploys, which create the edge. The responses to visitors pass through Sealift's edge: [edge.md](edge.md) says what
that costs. The registry of the lab speaks plain HTTP.`;
  return `${[`${head}\n${first}`, ...parts, tail].join('\n\n')}\n`;
}
