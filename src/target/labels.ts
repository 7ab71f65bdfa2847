import type { ServiceName } from '../model/release.ts';

/** What Compose writes on every container that it makes. */
const SERVICE = 'com.docker.compose.service';

/** The Compose service that a container belongs to. */
export function serviceOf(container: {
  readonly labels: Readonly<Record<string, string>>;
}): ServiceName | undefined {
  return container.labels[SERVICE];
}
