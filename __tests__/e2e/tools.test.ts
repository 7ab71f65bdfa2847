/** A runner without Docker Compose, or with one that is too old. */
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { programEnvironment } from '../../src/run/environment.ts';
import { findComposeShortcoming, withComposePlugin } from '../../src/tools/compose-plugin.ts';
import { DOCKER_COMPOSE } from '../../src/tools/docker-compose.ts';
import { fetchTool } from '../../src/tools/fetch-tool.ts';
import { makeStepContext } from '../engine/step-context.ts';
import type { ActionRun } from '../support/action.ts';
import { labWith } from '../support/lab.ts';
import { RefusingApp } from '../support/refusing-app.ts';
import {
  composeBinary,
  type DockerOnPath,
  dockerWithoutCompose,
} from '../support/runner/docker-without-compose.ts';
import { succeeded } from '../support/test-app.ts';

const lab = await labWith(2, { builds: true });
const refusing = new RefusingApp(lab);

let none: DockerOnPath;
let old: DockerOnPath;
let mirror: Server | undefined;
beforeAll(async () => {
  [none, old] = await Promise.all([dockerWithoutCompose(), dockerWithoutCompose({ old: true })]);
});
afterAll(async () => {
  await Promise.all([none, old].map((each) => each[Symbol.asyncDispose]()));
});
afterEach(async () => {
  await new Promise((resolve) => (mirror === undefined ? resolve(undefined) : mirror.close(resolve)));
  mirror = undefined;
});

/** Serves a mirror, and gives its URL. */
async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  mirror = server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('It listens on no port.');
  return `http://127.0.0.1:${address.port}`;
}

const pathWith = ({ folder }: DockerOnPath): string => `${folder}:${lab.runnerEnvironment['PATH']}`;

/** Deploys the image that is live again, from a runner with that `docker`. */
const deployWith = (docker: DockerOnPath, url: string): Promise<ActionRun> =>
  refusing.app.deploy(
    refusing.image,
    { force: 'true' },
    { env: { PATH: pathWith(docker), SEALIFT_TOOLS_URL: url } },
  );

test('a runner without Compose whose mirror lacks it is told so by one error with a way out, and nothing is changed', async () => {
  const asked: (string | undefined)[] = [];
  const url = await serve((request, response) => {
    asked.push(request.url);
    response.writeHead(404).end();
  });
  const says = [
    `Docker Compose ${DOCKER_COMPOSE.version} can't be downloaded from ${url}/docker/compose/releases/download/v`,
    '404',
    'docker-compose-plugin',
    'SEALIFT_TOOLS_URL',
  ];
  const run = await refusing.expectRefused(() => deployWith(none, url), { says });
  expect(run.log).toContain('docker compose is not installed on this runner. This step uses Docker Compose');
  expect(asked).toHaveLength(1);
});

test('a runner with an old Compose gets no file that is not the released one', async () => {
  const url = await serve((_, response) => response.end('#!/bin/sh\n'));
  const says = ['is not the file that was released', 'SEALIFT_TOOLS_URL'];
  const run = await refusing.expectRefused(() => deployWith(old, url), { says });
  expect(run.log).toContain(
    'docker compose on this runner is too old; Sealift needs 2.35 or later. This step',
  );
});

test('a job that is cancelled while it downloads Compose ends at once, and says what state things are in', async () => {
  const { app, image } = refusing;
  const url = await serve((_, response) => {
    response.writeHead(200, { 'content-length': 1_000_000 });
    response.write('#!');
  });
  const run = await app.deploy(
    image,
    { force: 'true' },
    {
      env: { PATH: pathWith(none), SEALIFT_TOOLS_URL: url },
      interrupt: { when: /Downloading Docker Compose/, how: 'cancel' },
    },
  );
  // By itself: what does not end is killed by the runner.
  expect(run).toMatchObject({ exitCode: 1, signal: undefined });
  expect(run.errors.map(({ message }) => message)).toEqual(['The job was cancelled. Nothing was deployed.']);
});

test('a rollback to containers that are there needs no Compose', async () => {
  const { app } = refusing;
  succeeded(await app.deploy(refusing.image, { force: 'true' }));
  const run = succeeded(await app.rollback({}, { env: { PATH: pathWith(none) } }));
  expect(run.log).not.toContain('Compose');
});

test.each(['none', 'old'] as const)(
  'docker uses the Compose that was brought where it has %s',
  async (which) => {
    await using step = await makeDisposableStepContext();
    const binary = composeBinary();
    const sha256 = createHash('sha256').update(readFileSync(binary)).digest('hex');
    const before = { ...process.env };
    process.env['PATH'] = pathWith(which === 'none' ? none : old);
    process.env['RUNNER_TOOL_CACHE'] = `${step.folder}/tools`;
    process.env['SEALIFT_TOOLS_URL'] = await serve((_, response) => {
      createReadStream(binary).pipe(response);
    });
    try {
      expect(await findComposeShortcoming()).toMatch(which === 'none' ? /not installed/ : /too old/);
      const file = { url: 'https://example.com/compose', sha256 };
      const tool = { ...DOCKER_COMPOSE, files: { [`${process.platform}-${process.arch}`]: file } };
      const plugin = await fetchTool(tool, step, new AbortController().signal);
      const environment = await withComposePlugin(programEnvironment(), plugin, step);
      expect(await findComposeShortcoming(environment)).toBeUndefined();
      // The runner's other plugins are there too.
      await step.run('docker', ['buildx', 'version'], { env: environment });
      expect(await findComposeShortcoming()).toBeDefined();
    } finally {
      for (const name of ['PATH', 'RUNNER_TOOL_CACHE', 'SEALIFT_TOOLS_URL']) {
        delete process.env[name];
        if (before[name] !== undefined) process.env[name] = before[name];
      }
    }
  },
);

async function makeDisposableStepContext() {
  const step = await makeStepContext();
  return { ...step, [Symbol.asyncDispose]: () => step.remove() };
}
