/** What a host has of an app, as it was recorded in each format in which Sealift ever wrote it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReleaseId } from '../../src/model/identifiers.ts';
import type { Server } from './lab.ts';

export const STATE_FIXTURES = join(import.meta.dirname, '../fixtures/state');

/** The engine's own answers, without what nobody reads of them. */
export interface HostState {
  readonly containers: readonly unknown[];
  readonly details: readonly unknown[];
  readonly networks: readonly unknown[];
  readonly volumes: readonly unknown[];
  /** Of the app's volume. */
  readonly files: Readonly<Record<string, string>>;
}

/** What is so on that host. */
export interface ExpectedState {
  readonly app: string;
  readonly environment: string;
  readonly live: ReleaseId;
  readonly previous: ReleaseId;
  /** A release that was tried last, and is not live. */
  readonly failed: ReleaseId;
  /** Fingerprint of the edge that the live release needs. */
  readonly edge: string;
}

export function readStateFixture(format: number): {
  readonly state: HostState;
  readonly expected: ExpectedState;
} {
  const json = (name: string) =>
    JSON.parse(readFileSync(join(STATE_FIXTURES, String(format), `${name}.json`), 'utf8'));
  return { state: json('state'), expected: json('expected') };
}

export function writeStateFixture(format: number, state: HostState, expected: ExpectedState): void {
  const folder = join(STATE_FIXTURES, String(format));
  mkdirSync(folder, { recursive: true });
  for (const [name, data] of Object.entries({ state, expected }))
    writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(data, undefined, 1)}\n`);
}

/** Reads it of a server: containers, networks and volumes with the name of the app, and the front. */
export async function stateOn({ engine }: Server, app: string): Promise<HostState> {
  const isOwn = (name: string): boolean => name.startsWith(`${app}-`) || name.startsWith('sealift-front');
  const all: Json[] = await engine.get('/containers/json?all=1');
  const containers = all.filter(({ Names }) => isOwn(String(Names[0]).slice(1)));
  const details: Json[] = await Promise.all(containers.map(({ Id }) => engine.get(`/containers/${Id}/json`)));
  const networks: Json[] = await engine.get('/networks');
  const volumes: Json = await engine.get('/volumes');
  const edge = containers.find(({ Labels }) => Labels['sealift.role'] === 'edge');
  const files = await engine.files(String(edge?.Id), '/sealift');
  const content = [...files].map(([path, file]) => [path.replace(/^sealift\//, ''), file.content]);
  return {
    containers,
    details: details.map(({ Id, Name, Image, State, RestartCount, Config, HostConfig, NetworkSettings }) => ({
      ...{ Id, Name, Image, State, RestartCount },
      Config: { Labels: Config.Labels, Healthcheck: Config.Healthcheck, StopTimeout: Config.StopTimeout },
      HostConfig: { RestartPolicy: HostConfig.RestartPolicy },
      NetworkSettings: { Networks: NetworkSettings.Networks },
    })),
    networks: networks.filter(({ Name }) => isOwn(Name)),
    volumes: volumes.Volumes.filter(({ Name }: Json) => isOwn(Name)),
    files: Object.fromEntries(content.toSorted(([one = ''], [other = '']) => (one < other ? -1 : 1))),
  };
}

/** The engine's JSON, to be looked into. */
// biome-ignore lint/suspicious/noExplicitAny: answers of the engine, of which another part is read each time
type Json = any;

/** The keys of any JSON at any depth, those of lists once: its shape, whatever it holds. */
export function shapeOf(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((each) => shapeOf(each, `${path}[]`)))].sort();
  if (typeof value !== 'object' || value === null) return [path];
  return [...new Set(Object.entries(value).flatMap(([key, each]) => shapeOf(each, `${path}.${key}`)))].sort();
}
