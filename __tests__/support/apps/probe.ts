import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Files } from '../workspace.ts';

const APP = readFileSync(join(import.meta.dirname, 'probe/app.js'), 'utf8');

/** How the probe behaves; see the head of probe/app.js. */
export interface Behaviour {
  readonly PORT?: number;
  readonly SECOND_PORT?: number;
  readonly TCP_PORT?: number;
  readonly UDP_PORT?: number;
  readonly BOOT_MS?: number;
  readonly UP_AFTER_MS?: number | 'never';
  readonly DOWN_AFTER_REQUESTS?: number;
  readonly HANG_AFTER_REQUESTS?: number;
  readonly EXIT_AFTER_MS?: number;
  readonly EXIT_AFTER_REQUESTS?: number;
  readonly EXIT_CODE?: number;
  readonly ONE_EXITS?: string;
  readonly HOG?: number;
  readonly PRINT_MB?: number;
  readonly PRINT_LINE?: number;
  readonly ERROR_RATE?: number;
  readonly SEED?: number;
  readonly LATENCY_MS?: number;
  readonly ON_SIGTERM?: 'drain' | 'exit' | 'ignore' | 'leave' | 'part';
  readonly WORKER_FILE?: string;
  readonly [name: string]: string | number | undefined;
}

export interface ImageOptions {
  readonly version: string;
  /** Part of the image: a version that behaves otherwise is a broken build. */
  readonly behaviour?: Behaviour;
  /** Whether the image has a HEALTHCHECK, which asks /up. */
  readonly healthcheck?: boolean;
}

/** The files of an image of the probe: one layer on node:24-slim, so that a build takes a moment. */
export function probe({ version, behaviour = {}, healthcheck = true }: ImageOptions): Files {
  const variables = Object.entries({ VERSION: version, ...behaviour });
  return {
    'app.js': APP,
    'package.json': '{ "type": "module" }\n',
    Dockerfile: [
      'FROM node:24-slim',
      'COPY app.js package.json /app/',
      ...variables.map(([name, value]) => `ENV ${name}=${JSON.stringify(String(value))}`),
      ...(healthcheck ? [HEALTHCHECK] : []),
      'CMD ["node", "/app/app.js"]',
      '',
    ].join('\n'),
    '.dockerignore': '**\n!app.js\n!package.json\n',
  };
}

// Not fetch, which would load more than the whole check costs; and not waiting until the kept connection is closed.
const ASK = `require('http').get('http://127.0.0.1:3000/up', (answer) => {
  console.log('/up answered ' + answer.statusCode);
  process.exit(answer.statusCode === 200 ? 0 : 1);
}).on('error', (error) => {
  console.log(error.message);
  process.exit(1);
})`.replaceAll(/\n\s*/g, ' ');
const HEALTHCHECK = `HEALTHCHECK --interval=3s --timeout=5m --retries=2 --start-period=5s --start-interval=200ms CMD ["node", "-e", ${JSON.stringify(ASK)}]`;

/** The same as a Compose file says it. */
export const HEALTH: Readonly<Record<string, unknown>> = {
  test: ['CMD', 'node', '-e', ASK],
  ...{ interval: '3s', timeout: '5m', retries: 2, start_period: '5s', start_interval: '200ms' },
};

/** A compose.yaml. */
export function compose(document: Readonly<Record<string, unknown>>): Files {
  return { 'compose.yaml': stringify(document) };
}

/** The plainest app: one web service that is built, at a published port. */
export function webApp(
  options: ImageOptions & { readonly port: number; readonly service?: Readonly<Record<string, unknown>> },
): Files {
  const web = { build: '.', ports: [`${options.port}:3000`], stop_grace_period: '5s', ...options.service };
  return { ...probe(options), ...compose({ services: { web } }) };
}
