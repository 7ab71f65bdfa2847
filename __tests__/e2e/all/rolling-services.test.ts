/** What rolls: read-only services with secrets, services behind others, one replica that must go before the next one comes. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionRun } from '../../support/action.ts';
import { compose, probe } from '../../support/apps/probe.ts';
import { ask } from '../../support/http.ts';
import { labWith } from '../../support/lab.ts';
import { type Load, startLoad } from '../../support/load/load.ts';
import { succeeded, type TestApp, testApp } from '../../support/test-app.ts';
import type { Files } from '../../support/workspace.ts';

const lab = await labWith(1, { builds: true });
const KEY = 'opens-the-door';

let app: TestApp;
let image: string | undefined;
let load: Load | undefined;
let version = 0;

const deploying = (replicas: string): unknown => ({
  replicas,
  update_config: { parallelism: 1, order: '${ORDER:-start-first}' },
});
const files = (port: number): Files => ({
  ...probe({ version: 'none' }),
  ...compose({
    services: {
      web: {
        image: '${IMAGE}',
        ports: [`${port}:3000`],
        stop_grace_period: '5s',
        environment: { VERSION: '${VERSION}' },
        read_only: true,
        secrets: ['key'],
        healthcheck: { disable: '${UNCHECKED:-true}' },
        depends_on: ['api'],
        deploy: deploying('${WEB:-1}'),
      },
      api: {
        image: '${IMAGE}',
        stop_grace_period: '5s',
        environment: { VERSION: '${VERSION}' },
        healthcheck: { disable: true },
        deploy: deploying('${API:-2}'),
      },
    },
    secrets: { key: { environment: 'KEY' } },
  }),
});

afterEach(() => load?.stop());

/** An app of its own for the tests of a block; all have one image. */
function ownApp(): void {
  beforeAll(async () => {
    app = await testApp({ lab, stem: 'rolls', files });
    image ??= succeeded(await app.build()).outputs['image'];
  });
  afterAll(() => app.remove());
}

async function deploy(values: Readonly<Record<string, string | number>> = {}): Promise<ActionRun> {
  version += 1;
  const env = Object.entries({ VERSION: version, KEY, ...values }).map(([name, value]) => `${name}=${value}`);
  const run = await app.deploy(image, { env: env.join('\n'), strategy: 'rolling' }, { secrets: { KEY } });
  return succeeded(run);
}

/** How many containers of a service run, of all releases together. */
async function running(service: string): Promise<number> {
  const all = Object.entries(await app.containers());
  return all.filter(([name, state]) => name.includes(`-${service}-`) && state === 'running').length;
}

/** The fewest and the most that run of a service while something is done. */
async function counted(
  service: string,
  done: Promise<unknown>,
): Promise<readonly [least: number, most: number]> {
  const seen: number[] = [];
  let goesOn = true;
  const counting = (async () => {
    while (goesOn) seen.push(await running(service));
  })();
  try {
    await done;
  } finally {
    goesOn = false;
    await counting;
  }
  return [Math.min(...seen), Math.max(...seen)];
}

/** What each replica of web reads in its secret, by its name. */
async function secrets(replicas: number): Promise<readonly string[]> {
  const answers = new Map<unknown, string>();
  while (answers.size < replicas) {
    const { status, headers, body } = await ask(app.url('/file?path=/run/secrets/key'));
    expect([status, headers['x-release']]).toEqual([200, String(version)]);
    answers.set(headers['x-container'], body.trim());
  }
  return [...answers.values()];
}

describe('replicas', () => {
  ownApp();
  beforeAll(() => deploy({ WEB: 2 }));

  test.each(['start-first', 'stop-first'])(
    'replicas that are read-only have their secrets, %s, and nobody notices',
    async (ORDER) => {
      load = startLoad(app.url(), { visitors: 2, pause: 20 });
      const { log } = await deploy({ ORDER, WEB: 2 });
      expect(log).toContain('send 50% of the traffic to web 1 of');
      expect((await load.stop()).failures).toEqual([]);
      expect(await secrets(2)).toEqual([KEY, KEY]);
    },
  );

  test('one replica gets requests as the three of the service behind it come up', async () => {
    await deploy({ API: 3 });
    load = startLoad(app.url(), { visitors: 2, pause: 20 });
    const run = deploy({ API: 3 });
    const [least, most] = await counted('api', run);
    const shares = [...(await run).log.matchAll(/✓ .* send (\S+) of the traffic to web 1 of/g)].map(
      ([, share]) => share,
    );
    expect(shares).toEqual(['33.33%', '66.67%']);
    expect((await load.stop()).failures).toEqual([]);
    expect(least).toBeGreaterThanOrEqual(3);
    expect(most).toBeLessThanOrEqual(5);
  });
});

describe('one replica that stops first', () => {
  ownApp();
  beforeAll(() => deploy({ ORDER: 'stop-first' }));

  test.each([
    ['with a HEALTHCHECK', 'false'],
    ['without one', 'true'],
  ])('one replica that stops first, %s, is never there twice', async (_, UNCHECKED) => {
    const [, most] = await counted('web', deploy({ ORDER: 'stop-first', UNCHECKED }));
    expect(most).toBe(1);
    expect(await app.version()).toBe(String(version));
    expect(await secrets(1)).toEqual([KEY]);
  });
});
