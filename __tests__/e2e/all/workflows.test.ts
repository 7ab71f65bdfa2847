/** More examples, run job by job on the lab as GitHub runs them. */
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Inputs } from '../../support/action.ts';
import { domainInputs, placeOf } from '../../support/domain.ts';
import { type Example, example } from '../../support/example.ts';
import { ask } from '../../support/http.ts';
import { labWith, type Server, serverOf } from '../../support/lab.ts';

const lab = await labWith(2, { builds: true });
const one = serverOf(lab, 0);
const two = serverOf(lab, 1);

let shop: Example | undefined;
afterEach(() => shop?.remove());

const answerOf = async (server: Server): Promise<string> =>
  (await ask(`http://${server.address}/`)).body.trim();

test('single-vps: a push is built, tested, deployed and answers', async () => {
  shop = await example(lab, 'single-vps', { environments: { production: { servers: [one] } } });
  const run = (await shop.run('deliver.yml')).succeeded();
  expect(run.job('deliver').environment?.url).toBe(`http://${one.address}/up`);
  expect(await answerOf(one)).toBe(`Hello from version ${shop.origin.sha}`);
});

test('continuous-deployment: a push reaches staging and production without a person; a broken one stops at staging', async () => {
  shop = await example(lab, 'continuous-deployment', {
    environments: {
      staging: { servers: [one] },
      production: { servers: [two], variables: { BAKE: '2s' } },
    },
  });
  const run = (await shop.run('deliver.yml')).succeeded();
  const { sha } = shop.origin;
  for (const server of [one, two]) expect(await answerOf(server)).toBe(`Hello from version ${sha}`);

  // It passes its test in the image, and then answers no health check.
  const broken = (await shop.file('server.js'))
    .replace("=== '/up'", "=== '/nowhere'")
    .replace('Hello', 'Bye');
  await shop.origin.commit({
    'server.js': broken.replace('response.end(`Bye', 'response.writeHead(500).end(`Hello'),
  });
  const second = await shop.run('deliver.yml');
  expect(second.results).toEqual({ build: 'success', staging: 'failure', production: 'skipped' });
  for (const server of [one, two]) expect(await answerOf(server)).toBe(`Hello from version ${sha}`);
  expect(run.job('production').group).toBe(`sealift-${shop.name}-production`);
});

test('fleet-with-canary: a second push goes through a canary on every server, and no visitor is lost', async () => {
  shop = await example(lab, 'fleet-with-canary', {
    environments: { production: { servers: [one, two], variables: { CANARY: '50% 3s, 100%' } } },
    // On a busy machine one request may be late.
    inputs: { 'canary-max-latency-ratio': '1000' },
  });
  (await shop.run('deliver.yml')).succeeded();
  await shop.origin.commit({});
  const visitors = [one, two].map(visit);
  const run = (await shop.run('deliver.yml')).succeeded();
  for (const visitor of visitors) {
    const statuses = await visitor.leave();
    expect(statuses.length).toBeGreaterThan(10);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
  }
  for (const { url } of [one, two]) expect(run.log('deliver')).toMatch(new RegExp(`${url}.*50 ?%`));
  for (const server of [one, two])
    expect(await answerOf(server)).toBe(`Hello from version ${shop.origin.sha}`);
});

describe('pull-request-previews', () => {
  const place = (number: number) => placeOf(lab, one, `pr-${number}.${one.domain}`);
  const previewOf = async (number: number): Promise<string> => {
    const { url, connect } = place(number);
    return (await ask(url, { connect })).body.trim();
  };
  const volumesOf = async (previews: Example): Promise<readonly string[]> => {
    const { Volumes }: { Volumes: { Name: string }[] | null } = await one.engine.get('/volumes');
    return (Volumes ?? []).map(({ Name }) => Name).filter((name) => name.startsWith(`${previews.name}-`));
  };

  test('each pull request has its preview and one comment, until it is closed', async () => {
    const previews = await example(lab, 'pull-request-previews', {
      environments: { preview: { servers: [one] } },
      variables: { PREVIEW_DOMAIN: one.domain },
      inputs: authority(),
    });
    shop = previews;
    const { comments } = previews.github;
    comments.push({ id: 1, issue: 7, login: 'mona', body: `<!-- sealift preview of ${previews.name} -->` });

    const opened = (await previews.pullRequest('preview.yml', 7, 'opened')).succeeded();
    expect(opened.results).toEqual({
      'preview / deploy': 'success',
      'preview / remove': 'skipped',
      'preview / comment': 'success',
    });
    expect(opened.job('preview / deploy').environment).toEqual({
      name: 'preview',
      url: `https://pr-7.${one.domain}`,
    });
    (await previews.pullRequest('preview.yml', 8, 'opened')).succeeded();
    expect(await previewOf(7)).toBe('Hello from version preview');
    expect(await previewOf(8)).toBe('Hello from version preview');

    const server = await previews.file('server.js');
    await previews.origin.commit({ 'server.js': server.replace('${version}', '${version}!') });
    (await previews.pullRequest('preview.yml', 7, 'synchronize')).succeeded();
    expect(await previewOf(7)).toBe('Hello from version preview!');
    expect(await previewOf(8)).toBe('Hello from version preview');
    expect(comments.slice(1).map(({ issue, body }) => [issue, body.split('\n')[1]])).toEqual([
      [7, `The preview of ${previews.origin.sha} is at https://pr-7.${one.domain}`],
      [8, expect.stringContaining(`is at https://pr-8.${one.domain}`)],
    ]);

    await previews.origin.commit({ 'server.js': 'process.exit(1);\n', 'server.test.js': undefined });
    const failed = await previews.pullRequest('preview.yml', 7, 'synchronize');
    expect(failed.job('preview / deploy').result).toBe('failure');
    expect(comments[1]?.body).toContain('could not be deployed. [See why](https://github.com/octo/');
    expect(await previewOf(7)).toBe('Hello from version preview!');

    const closed = (await previews.pullRequest('preview.yml', 7, 'closed')).succeeded();
    expect(closed.results).toMatchObject({ 'preview / deploy': 'skipped', 'preview / remove': 'success' });
    expect(comments).toHaveLength(3);
    expect(comments[1]?.body).toContain('The preview was removed');
    expect(await previewOf(7)).toBe('Not Found: unknown domain.');
    expect(await previewOf(8)).toBe('Hello from version preview');
    const left = [...(await one.engine.containers(`${previews.name}-pr-7-`)).keys()];
    expect([left, (await volumesOf(previews)).filter((name) => name.includes('-pr-7'))]).toEqual([[], []]);
    expect(comments[0]?.body).toBe(`<!-- sealift preview of ${previews.name} -->`);
  });
});

test('monorepo: both apps are at their own domains of one server, and a deploy of one leaves the other alone', async () => {
  shop = await example(lab, 'monorepo', {
    environments: { production: { servers: [one], variables: { DOMAIN: one.domain } } },
    apps: ['web', 'api'],
    inputs: authority(),
  });
  const secure = async (app: string): Promise<string> => {
    const { url, connect } = placeOf(lab, one, `${app}.${one.domain}`);
    return (await ask(url, { connect })).body.trim();
  };
  const first = shop.origin.sha;
  for (const app of ['web', 'api']) (await shop.run(`deliver-${app}.yml`)).succeeded();
  expect(await secure('web')).toBe(`Hello from version ${first}`);
  expect(await secure('api')).toBe(`Hello from the API, version ${first}`);

  const second = await shop.origin.commit({});
  (await shop.run('deliver-api.yml')).succeeded();
  expect(await secure('web')).toBe(`Hello from version ${first}`);
  expect(await secure('api')).toBe(`Hello from the API, version ${second}`);
});

test('docker-api-tls: a push is deployed through the Docker API', async () => {
  const { ca, cert, key } = lab.tls.own;
  shop = await example(lab, 'docker-api-tls', {
    environments: {
      production: {
        servers: [one],
        secrets: { TLS_KEY: key },
        variables: { HOSTS: one.tcpUrl, TLS_CA: ca, TLS_CERT: cert },
      },
    },
  });
  (await shop.run('deliver.yml')).succeeded();
  expect(await answerOf(one)).toBe(`Hello from version ${shop.origin.sha}`);
});

test('jump-host: a push is deployed to a server through another one', async () => {
  shop = await example(lab, 'jump-host', {
    environments: { production: { servers: [two], variables: { JUMP_HOST: one.url.replace('ssh://', '') } } },
  });
  (await shop.run('deliver.yml')).succeeded();
  expect(await answerOf(two)).toBe(`Hello from version ${shop.origin.sha}`);
});

/** A visitor who asks again and again; gives the statuses of the answers in the end, 0 for none. */
function visit(server: Server): { leave(): Promise<readonly number[]> } {
  let stays = true;
  const statuses: number[] = [];
  const visits = (async () => {
    while (stays) {
      const { status } = await ask(`http://${server.address}/`).catch(() => ({ status: 0 }));
      statuses.push(status);
    }
  })();
  return {
    async leave() {
      stays = false;
      await visits;
      return statuses;
    },
  };
}

/** The lab's certificate authority, in place of a public one. */
function authority(): Inputs {
  const { domains: _, ...inputs } = domainInputs(lab, []);
  return inputs;
}
