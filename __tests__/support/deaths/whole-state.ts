/** What a server must have, and nothing else, when a run has ended well after others have not. */
import type { Server } from '../lab.ts';
import type { TestApp } from '../test-app.ts';

/** Names of what an app has on a server beside its releases; ids of releases are left out. */
export interface Surroundings {
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
  readonly files: readonly string[];
  readonly others: readonly string[];
}

interface Found extends Surroundings {
  /** States of containers by release, as `web-1 running`. */
  readonly releases: ReadonlyMap<string, readonly string[]>;
  /** Ids in the tags that keep images. */
  readonly tagged: readonly string[];
}

async function look(app: TestApp, server: Server): Promise<Found> {
  const { engine } = server;
  const base = `${app.name}-${app.environment}`;
  const releases = new Map<string, string[]>();
  const others: string[] = [];
  // Whatever it is called: the server is this test's alone.
  for (const [name, { state }] of await engine.containers('')) {
    const [, id, rest] = new RegExp(`^${base}-([0-9a-f]{8})-(.+)$`).exec(name) ?? [];
    // An edge that was replaced has the other one of two names.
    if (id === undefined) others.push(`${name.replace(/-(edge|edge-tcp)-2$/, '-$1')} ${state}`);
    else releases.set(id, [...(releases.get(id) ?? []), `${rest} ${state}`].sort());
  }
  const isOwn = (name: string): boolean => name.startsWith(base);
  const networks: { Name: string }[] = await engine.get('/networks');
  const volumes: { Volumes: { Name: string }[] | null } = await engine.get('/volumes');
  const images: { RepoTags: string[] | null }[] = await engine.get('/images/json');
  const files = await engine.files(`${base}-records`, '/sealift');
  return {
    releases,
    others,
    networks: networks.map(({ Name }) => Name).filter(isOwn),
    volumes: numbered((volumes.Volumes ?? []).map(({ Name }) => Name)),
    files: [...files.keys()].filter((name) => !/\/edge(-tcp|-closed)?(-2)?\.(json|cfg|cfg\.lua)$/.test(name)),
    tagged: images
      .flatMap(({ RepoTags }) => RepoTags ?? [])
      .flatMap((tag) => new RegExp(`^sealift/${base}:([0-9a-f]{8})-`).exec(tag)?.[1] ?? []),
  };
}

/** Anonymous volumes have a name by chance: how many there are is compared. */
function numbered(names: readonly string[]): readonly string[] {
  let count = 0;
  return names.map((name) => {
    if (!/^[0-9a-f]{64}$/.test(name)) return name;
    count += 1;
    return `anonymous ${count}`;
  });
}

/** What an app has on a server while nothing is wrong. */
export async function surroundings(app: TestApp, server: Server): Promise<Surroundings> {
  const { networks, volumes, files, others } = await look(app, server);
  return { networks, volumes, files, others };
}

export interface Wanted {
  /** The id of the release that must be live. */
  readonly live: string;
  /** Its containers: `web-1`. */
  readonly containers: readonly string[];
  /** Ids of releases that may be there too, stopped. */
  readonly kept: ReadonlySet<string>;
  readonly beside: Surroundings;
}

/** What is not as it must be; nothing, if all is. */
export async function differences(
  app: TestApp,
  server: Server,
  { live, containers, kept, beside }: Wanted,
): Promise<readonly string[]> {
  const found = await look(app, server);
  const running = containers.map((name) => `${name} running`).sort();
  const liveOnes = found.releases.get(live) ?? [];
  return [
    ...(liveOnes.join() === running.join() ? [] : [`live ${live}: ${liveOnes.join(', ') || 'nothing'}`]),
    ...[...found.releases].flatMap(([id, states]) => {
      if (id === live) return [];
      if (!kept.has(id)) return [`${id} should be gone: ${states.join(', ')}`];
      const wrong = states.filter((state) => !/ (exited|created)$/.test(state));
      return wrong.length === 0 ? [] : [`${id} should be stopped: ${wrong.join(', ')}`];
    }),
    ...found.tagged.filter((id) => id !== live && !kept.has(id)).map((id) => `the image of ${id} is kept`),
    ...(['networks', 'volumes', 'files', 'others'] as const).flatMap((what) => {
      const left = found[what].filter((name) => !beside[what].includes(name));
      const lost = beside[what].filter((name) => !found[what].includes(name));
      return [
        ...(left.length === 0 ? [] : [`left behind (${what}): ${left.join(', ')}`]),
        ...(lost.length === 0 ? [] : [`lost (${what}): ${lost.join(', ')}`]),
      ];
    }),
  ].map((text) => `${server.name}: ${text}`);
}
