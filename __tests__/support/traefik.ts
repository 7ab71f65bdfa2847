/** What is closest to Traefik where there is none (apps/proxy/traefik.js), as a service of a Compose file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const PROGRAM = readFileSync(join(import.meta.dirname, 'apps/proxy/traefik.js'), 'utf8');

/** The service without its ports; `constraint` is what it tells this app from others of the server by. */
export const traefikService = (constraint: string) => ({
  image: 'node:24-slim',
  command: ['node', '--input-type=module', '-e', 'await import("/traefik.mjs")'],
  init: true,
  environment: { CONSTRAINT: `traefik.constraint-label=${constraint}` },
  configs: [{ source: 'site', target: '/traefik.mjs' }],
  volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro'],
});

/** The content of its config `site`. */
export const TRAEFIK_CONFIG = PROGRAM.replaceAll('$', '$$$$');

/** The least that the labels of a service that it finds have to say. */
export const traefikLabels = (constraint: string) => ({
  'traefik.enable': 'true',
  'traefik.constraint-label': constraint,
  'traefik.http.routers.shop.rule': 'Host(`shop.localhost`)',
});
