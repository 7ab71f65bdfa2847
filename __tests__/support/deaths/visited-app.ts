/** An app with visitors, and what must be so on its servers when nothing is wrong. */
import type { Place } from '../http.ts';
import type { Server } from '../lab.ts';
import { type Load, startLoad } from '../load/load.ts';
import type { LoadResult } from '../load/tally.ts';
import { answers, refuses, untruthsIn, versionsAt } from './answers.ts';
import { type AppRuns, KEEP, type MortalOptions, type Move } from './app-runs.ts';
import type { Shape } from './shapes.ts';
import { differences, type Surroundings, surroundings } from './whole-state.ts';

const NOTHING: Surroundings = { networks: [], volumes: [], files: [], others: [] };

export class VisitedApp {
  readonly options: MortalOptions;
  readonly runs: AppRuns;
  #loads: readonly Load[] = [];
  /** What is on each server beside its releases. */
  readonly #beside = new Map<Shape, readonly Surroundings[]>();

  constructor(options: MortalOptions, runs: AppRuns) {
    this.options = options;
    this.runs = runs;
  }

  /** Deploys so many versions that the next deploy does all that a deploy does: it prunes, and both slots were used. */
  async begin(): Promise<void> {
    const { shapes: { length: count } = { length: 1 }, servers } = this.options;
    for (let deployed = 0; deployed < Math.max(KEEP + 1, 2 * count); deployed += 1) {
      await this.runs.succeed('deploy');
      await this.settle();
      await this.remember();
    }
    if (count > 1) return;
    this.#loads = servers.flatMap((server) =>
      this.#placesOn(server).map((place) => startLoad(place, { visitors: 1, pause: 40 })),
    );
    await this.settle();
  }

  /** What is on its servers now is what belongs there beside a release of this shape. */
  async remember(): Promise<void> {
    const found = this.options.servers.map((server) => surroundings(this.runs.app, server));
    this.#beside.set(this.runs.lineage.liveShape, await Promise.all(found));
  }

  /** From now on these versions may answer as well. */
  expect(...versions: readonly string[]): void {
    for (const load of this.#loads) load.expect(...this.runs.lineage.versions, ...versions);
  }

  /** Nothing but the live version answers any more. */
  async settle(): Promise<void> {
    const { liveVersion } = this.runs.lineage;
    for (const load of this.#loads) load.expect(liveVersion);
    await Promise.all(this.#loads.map((load) => load.answered(liveVersion, 20)));
    for (const server of this.options.servers) {
      const places = this.#placesOn(server);
      for (const place of places) await answers(place, liveVersion);
      if (places.length === 0) await refuses(this.runs.app.url('/', server));
    }
    // The next moves may bring any other.
    this.expect(...[1, 2, 3].map((count) => String(this.runs.version + count)));
  }

  /** What `status` says that is not so. */
  async untruths(): Promise<readonly string[]> {
    const hosts = await this.runs.status();
    const { app, lineage, version } = this.runs;
    // Not what was there before Sealift.
    const known = new Set([...lineage.versions, String(version)]);
    const untruths = await Promise.all(
      this.options.servers.map(async (server, index) => {
        const all = await versionsAt(app.url('/', server));
        const found = new Set([...all].filter((each) => known.has(each)));
        const host = hosts[index];
        if (host === undefined) return [`status says nothing of ${server.name}`];
        return untruthsIn(host, found, (releases) => this.#versionsThatAnswer(releases, server));
      }),
    );
    return untruths.flat();
  }

  /**
   * What is not as it must be after a run that has succeeded.
   * @param move which run: a rollback leaves accessories alone
   */
  async differences(move: 'again' | Move = 'deploy'): Promise<readonly string[]> {
    const { app, lineage } = this.runs;
    const { live, liveVersion, liveShape } = lineage;
    const { containers, examine } = liveShape;
    const found = await Promise.all(
      this.options.servers.map(async (server, index) => {
        const beside = this.#beside.get(liveShape)?.[index] ?? NOTHING;
        const wanted = { live, containers, kept: lineage.kept(KEEP), beside };
        const examined = move === 'rollback' ? undefined : await examine?.(app, server, liveVersion);
        return [...(await differences(app, server, wanted)), ...(examined ?? [])];
      }),
    );
    const left = await this.runs.filesLeft();
    return [...found.flat(), ...(left.length === 0 ? [] : [`left on the runner: ${left.join(', ')}`])];
  }

  /** What became of the visitors so far. */
  look(): readonly LoadResult[] {
    return this.#loads.map((load) => load.look());
  }

  /** What was lost since an earlier look; nothing, where gaps are expected. */
  lostSince(before: readonly LoadResult[]): readonly string[] {
    if (this.options.gaps === true) return [];
    return this.look().flatMap(({ failed, failures }, index) => {
      const lost = failed - (before[index]?.failed ?? 0);
      return lost === 0
        ? []
        : [`${lost} requests failed, such as ${failures.at(-1)?.what}: ${failures.at(-1)?.why}`];
    });
  }

  async remove(): Promise<void> {
    await Promise.all(this.#loads.map((load) => load.stop()));
    await this.runs.remove();
  }

  #placesOn(server: Server, shape = this.runs.lineage.liveShape): readonly Place[] {
    const { app } = this.runs;
    return shape.places?.(app, server) ?? [{ url: app.url('/', server) }];
  }

  /** Those with which releases can answer: not of one that nobody can reach. */
  #versionsThatAnswer(releases: readonly string[], server: Server): readonly string[] {
    const { lineage } = this.runs;
    const versions = releases.map((id) => lineage.versionOf(id) ?? '?');
    return versions.filter((version) => this.#placesOn(server, lineage.shapeOf(version)).length > 0);
  }
}
