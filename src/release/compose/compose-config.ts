import { asObject, mapValues } from '../../model/json.ts';
import type { ComposeConfig } from '../../model/release.ts';

/** Parses the output of `docker compose config --format json`. */
export function parseComposeConfig(json: string): ComposeConfig {
  const data = asObject(JSON.parse(json));
  const objects = (key: string) => mapValues(asObject(data[key]), asObject);
  return {
    services: objects('services'),
    networks: objects('networks'),
    volumes: objects('volumes'),
    secrets: objects('secrets'),
    configs: objects('configs'),
  };
}

/** Undoes the doubling of `$` in the output of `docker compose config`, which makes it valid input for Compose again. */
export function unescapeDollars(value: string): string {
  return value.replaceAll('$$', '$');
}
