/** An app on three servers, which can be made to fail on one of them alone. */
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import type { ActionRun, Inputs } from './action.ts';
import { buildVersions, type Version } from './apps/images.ts';
import { compose } from './apps/probe.ts';
import type { Lab, Server } from './lab.ts';
import { type Load, startLoad } from './load/load.ts';
import { reportOf, type TestApp, testApp } from './test-app.ts';

/** A folder of each server that the app sees: by what lies in it a test spoils one server and no other. */
export const folderOf = (port: number): string => `/srv/fleet-${port}`;

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
          interval: '2s',
          timeout: '5m',
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

/** What `report` says of each server. */
interface Host {
  readonly host: string;
  readonly was?: string;
  readonly is?: string;
  readonly why: string;
}
export const hostsOf = (run: ActionRun): readonly Host[] => reportOf(run).hosts;

/** The fleet for the tests of a file; its images are built before them, with versions 0 to so many. */
export function fleetApp(lab: Lab, versions: number): FleetApp {
  const fleet = new FleetApp(lab);
  beforeAll(() => fleet.begin(versions));
  afterEach(() => fleet.leave());
  afterAll(() => fleet.remove());
  return fleet;
}

export class FleetApp {
  readonly first: Server;
  readonly second: Server;
  readonly third: Server;
  /** The version that is live. */
  live = 0;
  readonly #lab: Lab;
  #app: TestApp | undefined;
  #versions: readonly Version[] = [];
  #loads: readonly Load[] = [];

  constructor(lab: Lab) {
    const [first, second, third] = lab.servers;
    if (first === undefined || second === undefined || third === undefined) {
      throw new Error('This needs a lab with three servers.');
    }
    [this.first, this.second, this.third] = [first, second, third];
    this.#lab = lab;
  }

  async begin(versions: number): Promise<void> {
    this.#app = await testApp({ lab: this.#lab, stem: 'fleet', servers: this.all, files });
    const names = Array.from({ length: versions + 1 }, (_, version) => String(version));
    this.#versions = await buildVersions(this.#lab, this.#app.repository, names);
  }

  get app(): TestApp {
    if (this.#app === undefined) throw new Error('The fleet has not begun.');
    return this.#app;
  }

  get all(): readonly Server[] {
    return [this.first, this.second, this.third];
  }

  deploy(
    version: number,
    inputs: Inputs = {},
    options: Parameters<TestApp['deploy']>[2] = {},
  ): Promise<ActionRun> {
    const image = this.#versions[version]?.image;
    return this.app.deploy(image, inputs, options);
  }

  /** Runs a script in the folder of a server that the app sees there. */
  inFolder(server: Server, script: string): Promise<string> {
    const folder = folderOf(this.app.port);
    return this.#lab.run('in', server.name, 'sh', '-c', `mkdir -p ${folder} && cd ${folder} && ${script}`);
  }

  /** The versions that answer. */
  answering(servers: readonly Server[] = this.all): Promise<readonly string[]> {
    return Promise.all(servers.map((server) => this.app.version(server)));
  }

  /** Visitors of these servers, until they are told to leave. */
  visit(servers: readonly Server[] = this.all): readonly Load[] {
    this.#loads = servers.map((server) => startLoad(this.app.url('/', server), { visitors: 1, pause: 40 }));
    return this.#loads;
  }

  async leave(): Promise<void> {
    await Promise.all(this.#loads.map((load) => load.stop()));
    this.#loads = [];
  }

  /** Every visitor was answered, and is gone now. */
  async expectNothingLost(): Promise<void> {
    const results = await Promise.all(this.#loads.map((load) => load.stop()));
    this.#loads = [];
    for (const { failures, requests } of results) {
      expect(failures).toEqual([]);
      expect(requests).toBeGreaterThan(0);
    }
  }

  /** One error that names the third server, and all three on the release that was live before. */
  async expectRolledBack(run: ActionRun, says: RegExp): Promise<void> {
    const [error, ...others] = run.errors;
    expect({ exitCode: run.exitCode, others }).toEqual({ exitCode: 1, others: [] });
    expect(error?.message).toMatch(says);
    expect(error?.message).toContain(this.third.url);
    expect(await this.answering()).toEqual(this.all.map(() => String(this.live)));
    const hosts = hostsOf(run);
    expect(hosts.map(({ is, was }) => is === was && is !== undefined)).toEqual([true, true, true]);
    await this.expectNothingLost();
    // Nothing of the new release runs on, anywhere.
    for (const server of this.all) {
      expect(Object.values(await this.app.release(run.outputs['release'], server))).toEqual(['running']);
      const running = Object.entries(await this.app.containers(server)).filter(
        ([, state]) => state === 'running',
      );
      expect(running.map(([name]) => name).filter((name) => /-web-\d+$/.test(name))).toHaveLength(1);
    }
  }

  async remove(): Promise<void> {
    if (this.#app === undefined) return;
    const folder = folderOf(this.#app.port);
    await Promise.all(this.all.map((server) => this.#lab.run('in', server.name, 'rm', '-rf', folder)));
    await this.#app.remove();
  }
}
