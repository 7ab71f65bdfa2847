import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ConfigurationError, SealiftError } from '../../src/model/errors.ts';
import { fetchTool } from '../../src/tools/fetch-tool.ts';
import type { PinnedTool, RunnerKind } from '../../src/tools/pinned-tool.ts';
import { failure, makeStepContext, type TestStepContext } from '../engine/step-context.ts';

const PROGRAM = `#!/bin/sh\necho it works\n${'# as long as a file that takes more than one packet\n'.repeat(4000)}`;
const PATH_OF_RELEASE = '/maker/releases/download/v1.2.3/tool-linux';
const RUNNER: RunnerKind = `${process.platform}-${process.arch}`;
const TOOL: PinnedTool = {
  name: 'tool',
  title: 'The Tool',
  version: '1.2.3',
  files: {
    [RUNNER]: {
      url: `https://releases.example.com${PATH_OF_RELEASE}`,
      sha256: createHash('sha256').update(PROGRAM).digest('hex'),
    },
  },
  advice: 'Install it.',
};
const WAYS_OUT =
  'Install it. Or name a mirror that has the file in the environment variable SEALIFT_TOOLS_URL.';

/** `@actions/tool-cache` waits 10 to 20 s before it tries again, unless these globals say otherwise. */
const WAITS = { TEST_DOWNLOAD_TOOL_RETRY_MIN_SECONDS: 0, TEST_DOWNLOAD_TOOL_RETRY_MAX_SECONDS: 0 };

let step: TestStepContext;
let cache: string;
let server: Server | undefined;
let requests: string[];
const before = { ...process.env };

beforeEach(async () => {
  step = await makeStepContext();
  cache = await mkdtemp(join(tmpdir(), 'tool-cache-'));
  requests = [];
  process.env['RUNNER_TOOL_CACHE'] = cache;
  Object.assign(globalThis, WAITS);
  // Its debug lines and its waits.
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
});

afterEach(async () => {
  jest.restoreAllMocks();
  for (const name of Object.keys(WAITS)) Reflect.deleteProperty(globalThis, name);
  for (const name of ['RUNNER_TOOL_CACHE', 'SEALIFT_TOOLS_URL']) {
    delete process.env[name];
    if (before[name] !== undefined) process.env[name] = before[name];
  }
  server?.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  server = undefined;
  await step.remove();
  await rm(cache, { recursive: true });
});

/** Makes a server the mirror, and gives its address. */
async function serve(answer: RequestListener): Promise<string> {
  const listening = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const address = listening.address();
  if (address === null || typeof address === 'string') throw new Error('It listens on no port.');
  const url = `http://127.0.0.1:${address.port}/mirror`;
  process.env['SEALIFT_TOOLS_URL'] = url;
  return `${url}${PATH_OF_RELEASE}`;
}

const fetched = (signal = new AbortController().signal): Promise<string> => fetchTool(TOOL, step, signal);

const printedBy = async (path: string): Promise<string> => (await promisify(execFile)(path)).stdout;

describe('a tool that the tool cache does not have', () => {
  test('is downloaded, checked and kept in the tool cache, from where the next step gets it', async () => {
    const url = await serve((_, response) => response.end(PROGRAM));
    const path = await fetched();
    expect(path).toBe(join(cache, 'tool', '1.2.3', process.arch, 'tool'));
    expect(await printedBy(path)).toBe('it works\n');
    expect((await stat(path)).mode & 0o777).toBe(0o755);
    expect(step.lines).toEqual([`Downloading The Tool 1.2.3 from ${url}`]);

    expect(await fetched()).toBe(path);
    expect(step.lines.slice(1)).toEqual(['The Tool 1.2.3 is in the tool cache.']);
    expect(requests).toEqual([`GET /mirror${PATH_OF_RELEASE}`]);
  });

  test('is used from the private folder of the step if the tool cache is missing or takes no files', async () => {
    await serve((_, response) => response.end(PROGRAM));
    await rm(cache, { recursive: true });
    await writeFile(cache, 'not a folder');
    const path = await fetched();
    expect(path).toBe(join(step.folder, 'tool-1.2.3'));
    expect(await printedBy(path)).toBe('it works\n');
    expect(step.lines.at(-1)).toMatch(/^The Tool 1\.2\.3 could not be put into the tool cache: /);

    await rm(path);
    delete process.env['RUNNER_TOOL_CACHE'];
    expect(await fetched()).toBe(path);
  });

  test('is not run if it is not the file that was released', async () => {
    const url = await serve((_, response) => response.end('#!/bin/sh\necho something else\n'));
    const error = await failure(fetched());
    expect(error).toBeInstanceOf(SealiftError);
    expect(error.message).toMatch(
      /^The Tool 1\.2\.3 from http\S+ is not the file that was released: its SHA-256 is [0-9a-f]{64}, not [0-9a-f]{64}\. It was not run\. /,
    );
    expect(error.message).toContain(url);
    expect(error.message).toContain(TOOL.files[RUNNER]?.sha256);
    expect(error.message.endsWith(WAYS_OUT)).toBe(true);
    expect(await readdir(cache)).toEqual([]);
  });

  test('can not be had from a server that cuts the connection: it is tried three times', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': PROGRAM.length });
      response.write(PROGRAM.slice(0, 100_000), () => response.destroy());
    });
    const error = await failure(fetched());
    expect(error).toBeInstanceOf(SealiftError);
    expect(error.message).toBe(`The Tool 1.2.3 can't be downloaded from ${url}: aborted. ${WAYS_OUT}`);
    expect(requests).toHaveLength(3);
    expect(await readdir(cache)).toEqual([]);
    expect(existsSync(join(step.folder, 'tool-1.2.3'))).toBe(false);
  });

  test('can not be had from a server that does not have it: it is asked once', async () => {
    const url = await serve((_, response) => response.writeHead(404).end('no such file'));
    const error = await failure(fetched());
    expect(error).toBeInstanceOf(SealiftError);
    expect(error.message).toBe(
      `The Tool 1.2.3 can't be downloaded from ${url}: Unexpected HTTP response: 404. ${WAYS_OUT}`,
    );
    expect(requests).toHaveLength(1);
  });

  test('can not be had where no server listens', async () => {
    const url = await serve(() => undefined);
    await new Promise((resolve) => server?.close(resolve));
    server = undefined;
    const error = await failure(fetched());
    expect(error.message).toContain(`The Tool 1.2.3 can't be downloaded from ${url}: connect ECONNREFUSED`);
    expect(error.message.endsWith(WAYS_OUT)).toBe(true);
  });

  test('is had after a failure of the server that passes', async () => {
    await serve((_, response) => {
      if (requests.length === 1) response.writeHead(503).end();
      else response.end(PROGRAM);
    });
    expect(await printedBy(await fetched())).toBe('it works\n');
  });

  test('is not waited for when the job is cancelled', async () => {
    const cancelled = new AbortController();
    await serve((_, response) => {
      cancelled.abort(new Error('The job was cancelled.'));
      // So that the download, which nobody waits for any more, ends with the test.
      response.writeHead(404).end();
    });
    expect((await failure(fetched(cancelled.signal))).message).toBe('The job was cancelled.');
  });
});

test('a tool that was changed in the tool cache is downloaded again', async () => {
  await serve((_, response) => response.end(PROGRAM));
  const path = await fetched();
  await writeFile(path, '#!/bin/sh\necho changed\n');
  await rm(join(step.folder, 'tool-1.2.3'));
  expect(await printedBy(await fetched())).toBe('it works\n');
  await rm(path);
  await mkdir(path);
  await rm(join(step.folder, 'tool-1.2.3'));
  expect(await printedBy(await fetched())).toBe('it works\n');
});

test('a runner for which no file is pinned is told so, and nothing is downloaded', async () => {
  await serve((_, response) => response.end(PROGRAM));
  const error = await failure(
    fetchTool(
      { ...TOOL, files: { 'linux-s390x': { url: '', sha256: '' } } },
      step,
      new AbortController().signal,
    ),
  );
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error.message).toBe(
    `Sealift brings The Tool 1.2.3 only to linux-s390x, and this runner is ${RUNNER}. Install it.`,
  );
  expect(requests).toEqual([]);
});
