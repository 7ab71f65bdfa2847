import type { Labels } from '../engine/engine.ts';
import { LABEL, OWN_ROLE } from '../model/app-environment.ts';
import { isReleaseId, type ReleaseId, type ServiceName } from '../model/identifiers.ts';

/** The labels of containers: those that Compose writes on every container that it creates, and the role. */

export interface Labelled {
  readonly labels: Labels;
}

/** The Compose service that a container belongs to. */
export const serviceOf = ({ labels }: Labelled): ServiceName | undefined =>
  labels['com.docker.compose.service'];

/** The release that a container belongs to; `undefined` for an accessory. */
export function releaseIdOn({ labels }: Labelled): ReleaseId | undefined {
  const { [LABEL.release]: id = '' } = labels;
  return isReleaseId(id) ? id : undefined;
}

/** Whether `docker compose run` created the container: it runs a command of its own, not the service's. */
export const isOneOff = ({ labels }: Labelled): boolean => labels['com.docker.compose.oneoff'] === 'True';

/** Whether a container is one that Sealift runs for itself, in one of these roles. */
export const hasOwnRole = ({ labels }: Labelled, ...roles: readonly (keyof typeof OWN_ROLE)[]): boolean =>
  roles.some((role) => labels[LABEL.role] === OWN_ROLE[role]);

/** Compose counts the containers of a service from 1. */
export function replicaNumberOf({ labels }: Labelled): number {
  const { 'com.docker.compose.container-number': number = '1' } = labels;
  return Number.parseInt(number, 10);
}
