/** A service is called otherwise, or listens elsewhere, while people are there: they see their port and nothing of that. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ActionRun, Inputs } from '../../support/action.ts';
import { probeImage } from '../../support/apps/images.ts';
import { compose } from '../../support/apps/probe.ts';
import { PATIENT } from '../../support/canary-app.ts';
import { ask } from '../../support/http.ts';
import { labWith, uniquePort } from '../../support/lab.ts';
import { everyKind } from '../../support/load/crowd.ts';
import { type Load, startCrowd } from '../../support/load/load.ts';
import { patienceInput } from '../../support/patience.ts';
import { succeeded, type TestApp, testApp } from '../../support/test-app.ts';
import type { Files } from '../../support/workspace.ts';

const lab = await labWith(1);

interface Ways {
  readonly service: string;
  readonly published: number;
  readonly inside?: number;
}

const files = ({ service, published, inside = 3000 }: Ways): Files =>
  compose({
    services: {
      [service]: {
        image: '${IMAGE}',
        ports: [`${published}:${inside}`],
        stop_grace_period: '5s',
        environment: { VERSION: '${VERSION}', PORT: inside },
      },
    },
  });

let app: TestApp;
let image: string | undefined;
let load: Load;
let live = 0;

beforeAll(async () => {
  app = await testApp({
    lab,
    stem: 'rename',
    files: (published) => files({ service: 'web', published }),
  });
  image = await probeImage(lab);
  await deploy({ service: 'web' });
});
afterAll(() => app.remove());
afterEach(() => load.stop());

/** Deploys the next version with these ways in; it is live then. */
async function deploy(
  ways: Omit<Ways, 'published'> & Partial<Ways>,
  inputs: Inputs = {},
): Promise<ActionRun> {
  await app.checkout.commit(files({ published: app.port, ...ways }));
  const env = `VERSION=${live + 1}`;
  const run = succeeded(await app.deploy(image, { env, 'health-path': '/up', ...inputs }));
  live += 1;
  return run;
}

const edge = async (): Promise<{ readonly Id: string }> =>
  app.server.engine.get(`/containers/${app.name}-production-edge/json`);

/** Visitors of every kind; streams last 3 s at most. */
const visit = (): void => {
  load = startCrowd(everyKind({ url: app.url() }, undefined, 3000));
};

/** Visitors with a cookie, over and over; answers what each of them met, one after another. */
function keptVisitors(count: number): () => Promise<readonly (readonly string[])[]> {
  const stopping = new AbortController();
  const lives = Array.from({ length: count }, async () => {
    const met: string[] = [];
    let cookie: string | undefined;
    while (!stopping.signal.aborted) {
      const { body, headers } = await ask(app.url(), cookie === undefined ? {} : { headers: { cookie } });
      cookie = headers['set-cookie']?.[0]?.split(';')[0] ?? cookie;
      met.push(JSON.parse(body).version);
    }
    return met;
  });
  return () => {
    stopping.abort();
    return Promise.all(lives);
  };
}

describe('without a lost request, and with the edge that is there,', () => {
  test('a service that is called otherwise takes over', async () => {
    const { Id } = await edge();
    visit();
    const run = await deploy({ service: 'app' });
    await load.answered(String(live), 100);
    load.expect(String(live));
    await load.answered(String(live), 100);
    expect(load.look().failures).toEqual([]);
    expect((await edge()).Id).toBe(Id);
    expect(run.log).not.toContain('replace the edge');
  });

  test('a service that is called otherwise is met by a share of the visitors first, and they stay with it', async () => {
    const { Id } = await edge();
    const old = String(live);
    visit();
    const met = keptVisitors(6);
    const run = await deploy(
      { service: 'site', inside: 3001 },
      { strategy: 'canary', canary: '30% 4s, 60% 4s, 100%', ...PATIENT },
    );
    await load.answered(String(live), 100);
    const lives = await met();
    expect(load.look().failures).toEqual([]);
    expect((await edge()).Id).toBe(Id);
    expect(run.log).toContain('30% of the visitors go to');
    const wentBack = (each: readonly string[]) =>
      each.includes(String(live)) && each.lastIndexOf(old) > each.indexOf(String(live));
    expect(lives.filter(wentBack)).toEqual([]);
    // Some met it late: by their cookies they were not among the first.
    expect(new Set(lives.flat())).toEqual(new Set([old, String(live)]));
  });

  test('with rolling another container port takes over replica by replica', async () => {
    const { Id } = await edge();
    visit();
    const run = await deploy({ service: 'site', inside: 3002 }, { strategy: 'rolling' });
    await load.answered(String(live), 100);
    expect(load.look().failures).toEqual([]);
    expect((await edge()).Id).toBe(Id);
    expect(run.log).not.toContain('replace the edge');
  });

  test('a rollback leads back to the service of the former name', async () => {
    const { Id } = await edge();
    await deploy({ service: 'again' });
    visit();
    succeeded(await app.rollback());
    await load.answered(String(live - 1), 100);
    expect(load.look().failures).toEqual([]);
    expect((await edge()).Id).toBe(Id);
  });
});

describe('where the published port is another, the edge is replaced, and', () => {
  /** Asks over and over; answers the statuses that there were, whenever anybody was let in. */
  function statusesAt(url: string): () => Promise<ReadonlySet<number>> {
    const seen = new Set<number>();
    const asking = (async () => {
      while (!over.signal.aborted) {
        const answer = await ask(url).catch(() => undefined);
        if (answer !== undefined) seen.add(answer.status);
      }
    })();
    return async () => {
      over.abort();
      await asking;
      return seen;
    };
  }
  const at = (port: number): string => `http://${app.server.address}:${port}/`;

  beforeAll(() => deploy({ service: 'site' }));
  let over: AbortController;
  beforeEach(() => {
    over = new AbortController();
    visit();
  });
  afterEach(() => over.abort());

  test('where the published port was another in a deploy that is rolled back, whoever is let in at either is answered', async () => {
    const published = uniquePort();
    const asked = [statusesAt(at(published)), statusesAt(app.url())];
    await app.checkout.commit(files({ service: 'site', published }));
    const url = { url: `${at(published)}status?code=418`, 'url-timeout': patienceInput(30) };
    const run = await app.deploy(image, { env: 'VERSION=refused', ...url });
    expect(run.outputs['rolled-back']).toBe('true');
    expect(run.log).toContain('replace the edge (to restore the previous edge)');
    expect(await app.version()).toBe(String(live));
    for (const statuses of asked) expect(await statuses()).toEqual(new Set([200]));
  });

  test('whoever asks a new published port first is answered; a canary is shared out at the former one before', async () => {
    const published = uniquePort();
    const statuses = statusesAt(at(published));
    const canary = { strategy: 'canary', canary: '50% 4s, 100%', ...PATIENT };
    const run = await deploy({ service: 'site', published }, canary);
    expect(run.log).toContain('50% of the visitors go to');
    expect(run.log).toContain('replace the edge (published ports have changed)');
    expect(await statuses()).toEqual(new Set([200]));
  });
});
