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

const RECREATED_NAME = /^(?<former>[0-9a-f]{12})_(?<next>.+)$/;

/**
 * The name that a container is about to get: `docker compose` (2.16 or later, docker/compose#10236) makes the new container of a recreated
 * service as `<short id of the former one>_<name>`, with a label of what it replaces. Then it stops and removes the former one, renames the
 * new one, and starts it. The label stays; and a `container_name` may look like such a name. So neither alone tells it.
 */
export function nameAfterRecreation({
  name,
  labels,
}: Labelled & { readonly name: string }): string | undefined {
  const { former, next } = RECREATED_NAME.exec(name)?.groups ?? {};
  const { 'com.docker.compose.replace': replaced = '' } = labels;
  if (former === undefined || next === undefined || replaced === '') return undefined;
  // The whole id, as older releases wrote it; the `container_name`; or the name without that of the project.
  const isId = /^[0-9a-f]{64}$/.test(replaced) && replaced.startsWith(former);
  return isId || next === replaced || next.endsWith(`-${replaced}`) ? next : undefined;
}
