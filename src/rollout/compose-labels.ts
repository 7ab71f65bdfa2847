import type { ServiceName } from '../model/release.ts';

/** What Compose writes on every container that it makes. */
const SERVICE_LABEL = 'com.docker.compose.service';

/** The Compose service that a container belongs to. */
export function serviceOf(container: {
  readonly labels: Readonly<Record<string, string>>;
}): ServiceName | undefined {
  return container.labels[SERVICE_LABEL];
}

/** Whether it is a container of `docker compose run`: a command of its own, none of the service's. */
export function isOneOff(container: { readonly labels: Readonly<Record<string, string>> }): boolean {
  return container.labels['com.docker.compose.oneoff'] === 'True';
}

const REPLICA_NUMBER_LABEL = 'com.docker.compose.container-number';

/** Compose counts the containers of a service from 1. */
export function replicaNumberOf(container: { readonly labels: Readonly<Record<string, string>> }): number {
  const { [REPLICA_NUMBER_LABEL]: number = '1' } = container.labels;
  return Number.parseInt(number, 10);
}
