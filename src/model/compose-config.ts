import type { ServiceName } from './identifiers.ts';

/** A Compose file as `docker compose config --format json` prints it: plain data of the Compose specification. */
export interface ComposeConfig {
  readonly name?: string;
  readonly services: Readonly<Record<ServiceName, ComposeService>>;
  readonly networks?: Readonly<Record<string, ComposeObject | null>>;
  readonly volumes?: Readonly<Record<string, ComposeObject | null>>;
  readonly secrets?: Readonly<Record<string, ComposeObject>>;
  readonly configs?: Readonly<Record<string, ComposeObject>>;
}

export type ComposeService = ComposeObject;

export interface ComposeObject {
  readonly [key: string]: unknown;
}
