/** An example and the reusable workflows that it calls, run job by job on the lab as GitHub runs them. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Example, example } from '../support/example.ts';
import { ask } from '../support/http.ts';
import { labWith, type Server, serverOf } from '../support/lab.ts';
import type { WorkflowRun } from '../support/runner/workflow/workflow-run.ts';

const lab = await labWith(2, { builds: true });
const staging = serverOf(lab, 0);
const production = serverOf(lab, 1);

/** The environment that answers on a server, or nothing if nobody does. */
const answerOf = (server: Server): Promise<string> =>
  ask(`http://${server.address}/`).then(
    ({ body }) => body.trim(),
    () => 'nobody answers',
  );
const answers = async () => ({ staging: await answerOf(staging), production: await answerOf(production) });
const hello = (environment: string): string => `Hello from version ${environment}`;
const changed = (environment: string): string => `${hello(environment)}!`;

let shop: Example;
/** Whether a person approves, and what there was when he was asked. */
let approves = true;
let whenAsked: unknown;

beforeAll(async () => {
  const approve = async (): Promise<boolean> => {
    whenAsked = await answers();
    return approves;
  };
  shop = await example(lab, 'staging-and-production', {
    environments: {
      staging: { servers: [staging], variables: { COMPOSE_ENV: 'VERSION=staging' } },
      // Part of it could be secret.
      production: { servers: [production], secrets: { COMPOSE_ENV: 'VERSION=production' }, approve },
    },
  });
});
afterAll(() => shop.remove());

describe('staging-and-production: a first push', () => {
  let run: WorkflowRun;
  beforeAll(async () => {
    run = (await shop.run('deliver.yml')).succeeded();
  });

  test('waits for the approval with staging live and nothing in production', () => {
    expect(whenAsked).toEqual({ staging: hello('staging'), production: 'nobody answers' });
  });

  test('then goes to production, each environment with its own variables and secrets', async () => {
    expect(await answers()).toEqual({ staging: hello('staging'), production: hello('production') });
    expect(run.job('deliver / production').environment).toEqual({
      name: 'production',
      url: `http://${production.address}/up`,
    });
  });

  test('was checked at the URL of staging', () => {
    expect(run.log('deliver / check')).toBe('up');
  });

  test('runs one digest everywhere: the one that was built', async () => {
    const { image = '' } = run.job('deliver / build').outputs;
    expect(image).toMatch(/@sha256:[0-9a-f]{64}$/);
    for (const [name, server] of Object.entries({ staging, production })) {
      const container = `/containers/${shop.name}-${name}-${await live(server, name)}-web-1/json`;
      expect((await server.engine.get(container)).Config.Image).toBe(image);
    }
  });
});

describe('staging-and-production: after a second push that nobody approves', () => {
  let image: string | undefined;
  beforeAll(async () => {
    const server = await shop.file('server.js');
    await shop.origin.commit({ 'server.js': server.replace('${version}', '${version}!') });
    approves = false;
    const run = await shop.run('deliver.yml');
    expect(run.job('deliver / production')).toMatchObject({ result: 'failure', steps: [] });
    image = run.job('deliver / build').outputs['image'];
    approves = true;
  });

  test('production stays as it was', async () => {
    expect(await answers()).toEqual({ staging: changed('staging'), production: hello('production') });
  });

  test('a promotion gives production the image and the Compose file of staging, not those of a later commit', async () => {
    await shop.origin.commit({ 'compose.yaml': 'services: {}\n' });
    const run = (await shop.dispatch('promote.yml')).succeeded();
    expect(run.job('promote / staging').outputs['image']).toBe(image);
    expect(await answerOf(production)).toBe(changed('production'));
  });

  test('a rollback returns production to the release before', async () => {
    (await shop.dispatch('roll-back.yml', { environment: 'production' })).succeeded();
    expect(await answers()).toEqual({ staging: changed('staging'), production: hello('production') });
  });

  test('a promotion of what is not healthy is refused, and production stays as it was', async () => {
    await staging.engine.post(
      `/containers/${shop.name}-staging-${await live(staging, 'staging')}-web-1/stop?t=0`,
    );
    const run = await shop.dispatch('promote.yml');
    expect(run.results).toEqual({ 'promote / staging': 'failure', 'promote / production': 'skipped' });
    expect(run.log('promote / staging')).toContain('staging serves no release that is the same and healthy');
    expect(await answerOf(production)).toBe(hello('production'));
  });
});

/** The id of the release whose container runs on a server. */
async function live(server: Server, environment: string): Promise<string> {
  const containers = await server.engine.containers(`${shop.name}-${environment}-`);
  const name = [...containers].find(
    ([each, { state }]) => state === 'running' && each.endsWith('-web-1'),
  )?.[0];
  return name?.slice(`${shop.name}-${environment}-`.length, -'-web-1'.length) ?? 'none';
}
