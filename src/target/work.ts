import type { AppName } from '../edge/layout.ts';
import type { Sample } from '../edge/metrics.ts';
import type { ContainerDetails, Engine } from '../engine/engine.ts';
import { SealiftError } from '../model/errors.ts';
import type { HostName } from '../model/host.ts';
import type { Log } from '../model/log.ts';
import type { Confidential, Release, ReleaseId } from '../model/release.ts';
import type { Run } from '../model/run.ts';
import type { Evidence, Watched } from '../plan/outcome.ts';
import type { Action } from '../plan/steps.ts';
import type { Records } from '../release/records.ts';
import type { LayersOf } from './room.ts';

/** What the actions on one host work with. */
export interface Work {
  readonly engine: Engine;
  readonly of: AppName;
  /** The wanted release and every one that is recorded on the host. */
  readonly releases: ReadonlyMap<ReleaseId, Release>;
  /** Contents of secrets and configs by release, as far as they are known in this run. */
  readonly confidential: ReadonlyMap<ReleaseId, Confidential>;
  readonly settings: Settings;
  readonly run: Run;
  readonly log: Log;
  /** Environment for `docker`: PATH, HOME, DOCKER_CONFIG. */
  readonly environment: Readonly<Record<string, string>>;
  /** What a registry tells of the layers of an image. */
  readonly layersOf: LayersOf;
  /** Who runs this, for the history. */
  readonly by: { readonly actor: string | undefined; readonly runUrl: string | undefined };
  /** All hosts of the release, for the history. */
  readonly fleet: readonly HostName[];
  /** The job was cancelled and its seconds are counted: what is taken back stops at once. */
  readonly hurry: boolean;
  /** Ends waits and programs; one that never aborts while things are taken back. */
  readonly signal: AbortSignal;
  /** What this run gathers on the host: the records as last saved, evidence of failed containers. */
  readonly kept: {
    records: Records;
    readonly evidence: Evidence[];
    /** What an action that watches has counted so far. */
    readonly watched: Map<Action, Watched>;
    /** Containers as they were when they were found healthy, by id; the first time, should they be checked again. */
    readonly checked: Map<string, ContainerDetails>;
    /** When containers were last found healthy or requests led elsewhere, by `performance.now()`. */
    moved?: number;
    /** Releases that get no more requests, and of which none is in flight. */
    readonly drained: Set<ReleaseId>;
    /** What the edge had counted when the run began to change something. */
    counted?: Sample | undefined;
    /** What it had counted when replicas of both releases came to stand in one list, if it told. */
    mixed?: Sample | 'unknown';
  };
}

export interface Settings {
  readonly edgeImage: string;
  /** Milliseconds. */
  readonly drainTimeout: number;
  readonly acme: {
    readonly directory: string | undefined;
    readonly email: string | undefined;
    readonly ca: string | undefined;
  };
}

/** @throws SealiftError when neither this run nor the host's records know the release. */
export function releaseById(work: Work, id: ReleaseId): Release {
  const release = work.releases.get(id);
  if (release === undefined)
    throw new SealiftError(`${work.engine.host}: release ${id} has no record on this host.`);
  return release;
}
