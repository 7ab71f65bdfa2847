import { describe, expect, test } from '@jest/globals';
import { explainBuildFailure } from '../../src/image/explain-build-failure.ts';
import { ConfigurationError, SealiftError } from '../../src/model/errors.ts';
import { TransientError } from '../../src/run/retry.ts';

const PUSHED = ['ghcr.io/me/shop:a'];
const solved = (line: string) => [
  '#7 pushing layers',
  '------',
  ' > exporting to image:',
  '------',
  `ERROR: failed to build: failed to solve: ${line}`,
];
const byDocker = (line: string) => [
  '#9 pushing layer 1 done',
  '------',
  ' > pushing ghcr.io/me/shop:a with docker:',
  '------',
  `ERROR: ${line}`,
];

describe('a build failure that may go away is a TransientError', () => {
  test.each([
    [solved('failed to push ghcr.io/me/shop:a: unknown: unknown error')],
    [
      solved(
        'failed to push ghcr.io/me/shop:a: unexpected status from PUT request to https://ghcr.io/v2/x: 502 Bad Gateway',
      ),
    ],
    [solved('failed to push ghcr.io/me/shop:a: toomanyrequests: retry-after: 1s')],
    [
      solved(
        'failed to push ghcr.io/me/shop:a: failed to do request: Post "https://ghcr.io/v2/": read tcp 1.2.3.4:1->5.6.7.8:443: read: connection reset by peer',
      ),
    ],
    [solved('failed to push ghcr.io/me/shop:a: failed to copy: io: read/write on closed pipe')],
    [byDocker('received unexpected HTTP status: 503 Service Unavailable')],
    [byDocker('Put "https://ghcr.io/v2/x": EOF')],
    [
      solved(
        'busybox:1: failed to resolve source metadata for docker.io/library/busybox:1: failed to do request: Head "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: i/o timeout',
      ),
    ],
    [
      solved(
        'busybox:1: failed to resolve source metadata for docker.io/library/busybox:1: unexpected status from HEAD request to https://x: 429 Too Many Requests',
      ),
    ],
  ])('%j', (lines) => {
    expect(explainBuildFailure(lines, PUSHED)).toBeInstanceOf(TransientError);
  });

  test('is tried again when the registry says', () => {
    const text =
      'failed to push ghcr.io/me/shop:a: toomanyrequests: retry-after: 1m5s, allowed: 44000/minute';
    expect(explainBuildFailure(solved(text), PUSHED)).toMatchObject({ wait: 65_000 });
  });
});

describe('a build failure that stays is explained', () => {
  test.each([
    [
      solved('failed to push ghcr.io/me/shop:a: denied: permission_denied: write_package'),
      /^ghcr\.io refuses the push of ghcr\.io\/me\/shop:a\. Give the job "permissions: packages: write"/,
    ],
    [
      solved('failed to push registry.example.com/shop:a: unauthorized: authentication required'),
      /^registry\.example\.com refuses the push .* If there is none, write "registry\.example\.com=user" on a line of "registry-username"/,
    ],
    [
      byDocker('denied: requested access to the resource is denied'),
      /^ghcr\.io refuses the push of ghcr\.io\/me\/shop:a\./,
    ],
    [
      solved(
        'failed to push me/shop:a: push access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
      ),
      /^docker\.io refuses the push/,
    ],
    [
      solved(
        'failed to push me/shop:a: unexpected status from PUT request: 400 Bad Request: tag is immutable',
      ),
      /^Pushing me\/shop:a failed: .*immutable/,
    ],
    [
      solved('process "/bin/sh -c curl x" did not complete successfully: exit code: 22'),
      /^The build failed: RUN curl x ended with exit code: 22\.$/,
    ],
    [['ERROR: docker: unknown command: docker buildx'], /docker\/setup-buildx-action/],
    [
      [
        'ERROR: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
      ],
      /^No Docker engine answers on the runner/,
    ],
    [
      solved('ResourceExhausted: write /var/lib/docker/x.db: no space left on device'),
      /^The engine that builds has not enough disk space/,
    ],
    [
      [
        '#6 0.1 write error: No space left on device',
        ...solved('process "/bin/sh -c make" did not complete successfully: exit code: 1'),
      ],
      /^The engine that builds has not enough disk space/,
    ],
    [
      [
        '#6 0.1 exec /bin/sh: exec format error',
        ...solved('process "/bin/sh -c make" did not complete successfully: exit code: 255'),
      ],
      /^platforms: .*setup-qemu-action/,
    ],
    [
      solved('failed to read dockerfile: open Dockerfile.prod: no such file or directory'),
      /^file: there is no Dockerfile\.prod in the context\. Set "file"/,
    ],
    [
      solved('failed to read dockerfile: read docker: is a directory'),
      /^file: the Dockerfile can't be read: read docker: is a directory\. Set "file" to the Dockerfile's path/,
    ],
    [
      ['#6 0.1 no space left on device', ...byDocker('denied: requested access to the resource is denied')],
      /^ghcr\.io refuses the push of/,
    ],
    [
      ['ERROR: granting entitlement security.insecure is not allowed by build daemon configuration'],
      /buildkitd-flags/,
    ],
    [
      solved(
        'me/private:1: failed to resolve source metadata for ghcr.io/me/private:1: failed to authorize: 403 Forbidden',
      ),
      /^The registry refuses the base image me\/private:1\. To log in, write "docker\.io=user" on a line/,
    ],
  ])('%j', (lines, message) => {
    const error = explainBuildFailure(lines, PUSHED);
    expect(error.message).toMatch(message);
    expect(error).toBeInstanceOf(SealiftError);
  });
});

test("a refused push is the user's to fix", () => {
  const lines = byDocker('denied: requested access to the resource is denied');
  expect(explainBuildFailure(lines, PUSHED)).toBeInstanceOf(ConfigurationError);
});

test('a build that pushes nothing is not explained as a failed push', () => {
  const lines = solved('failed to push ghcr.io/me/shop:a: denied');
  expect(explainBuildFailure(lines, []).message).toMatch(/^The build failed: /);
});

test("the evidence of a failed build is the failed step's own lines", () => {
  const lines = [
    '#5 other',
    '------',
    ' > [2/2] RUN make:',
    '0.1 cc: error',
    '------',
    'Dockerfile:2',
    '   2 | >>> RUN make',
    'ERROR: failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 2',
  ];
  expect(explainBuildFailure(lines, PUSHED)).toMatchObject({
    evidence: [' > [2/2] RUN make:', '0.1 cc: error', 'Dockerfile:2', '   2 | >>> RUN make', lines.at(-1)],
  });
});
