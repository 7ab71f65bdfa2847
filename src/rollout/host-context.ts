import type { MetricsSample } from '../edge/metrics.ts';
import type { ContainerDetails, Engine } from '../engine/engine.ts';
import { SealiftError } from '../model/errors.ts';
import type { HostName } from '../model/host-address.ts';
import type { Log } from '../model/log.ts';
import type { AppEnvironment, ConfidentialValues, Release, ReleaseId } from '../model/release.ts';
import type { RunProgram } from '../model/tools.ts';
import type { Action } from '../plan/actions.ts';
import type { Evidence, WatchResult } from '../plan/outcome.ts';
import type { Records } from '../release/records.ts';
import type { LayerLookup } from './disk-space.ts';

/** What the actions on one host work with. */
export interface HostContext {
  readonly engine: Engine;
  readonly appEnvironment: AppEnvironment;
  /** The wanted release and every one that is recorded on the host. */
  readonly releases: ReadonlyMap<ReleaseId, Release>;
  /** Contents of secrets and configs by release, as far as they are known in this run. */
  readonly confidential: ReadonlyMap<ReleaseId, ConfidentialValues>;
  readonly settings: HostSettings;
  readonly run: RunProgram;
  readonly log: Log;
  /** Environment for `docker`: PATH, HOME, DOCKER_CONFIG. */
  readonly environment: Readonly<Record<string, string>>;
  /** What a registry tells of the layers of an image. */
  readonly lookUpLayers: LayerLookup;
  /** Who runs this, for the history. */
  readonly triggeredBy: { readonly actor: string | undefined; readonly runUrl: string | undefined };
  /** All hosts of the release, for the history. */
  readonly fleetHosts: readonly HostName[];
  /** The job was cancelled and its seconds are counted: what is taken back stops at once. */
  readonly jobCancelled: boolean;
  /** Ends waits and programs; one that never aborts while things are taken back. */
  readonly signal: AbortSignal;
  /** What this run gathers on the host: the records as last saved, evidence of failed containers. */
  readonly runState: {
    records: Records;
    readonly evidence: Evidence[];
    /** What an action that watches has counted so far. */
    readonly watchResults: Map<Action, WatchResult>;
    /** Containers as they were when they were found healthy, by id; the first time, should they be checked again. */
    readonly healthyContainers: Map<string, ContainerDetails>;
    /** When containers were last found healthy or requests led elsewhere, by `performance.now()`. */
    lastChangeAt?: number;
    /** Releases that get no more requests, and of which none is in flight. */
    readonly drainedReleases: Set<ReleaseId>;
    /** What the edge had counted when the run began to change something. */
    countersAtStart?: MetricsSample | undefined;
    /** What it had counted when replicas of both releases came to stand in one list, if it told. */
    countersBeforeBalancing?: MetricsSample | 'unknown';
  };
}

export interface HostSettings {
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
export function releaseById(context: HostContext, id: ReleaseId): Release {
  const release = context.releases.get(id);
  if (release === undefined)
    throw new SealiftError(`${context.engine.host}: release ${id} has no record on this host.`);
  return release;
}
