/** How a runner reaches a real Kubernetes cluster: logins of every kind, and runners with another kubectl or none. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openKubernetes } from '../../../src/kubernetes/open-kubernetes.ts';
import { fetchTool } from '../../../src/tools/fetch-tool.ts';
import { KUBECTL } from '../../../src/tools/kubectl.ts';
import { makeStepContext } from '../../engine/step-context.ts';
import type { ActionRun } from '../../support/action.ts';
import { buildVersions, type Version } from '../../support/apps/images.ts';
import {
  type KubernetesApp,
  kubeconfigWith,
  kubernetesApp,
  manifests,
  webDeployment,
  webService,
} from '../../support/kubernetes-app.ts';
import { labWithKubernetes } from '../../support/lab.ts';
import { pathWithout } from '../../support/runner/path-without.ts';
import { succeeded } from '../../support/test-app.ts';

const lab = await labWithKubernetes();
const kubectl = join(lab.folder, 'bin/kubectl');
const path = String(lab.runnerEnvironment['PATH']);
let app: KubernetesApp;
let versions: readonly Version[];
let folder: string;
const imageOf = (version: number): string => versions[version]?.image ?? '';
const messages = (run: ActionRun) => run.errors.map(({ message }) => message);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'access-'));
  app = await kubernetesApp({ lab, stem: 'access', files: manifests(webDeployment(), webService) });
  versions = await buildVersions(lab, app.app.repository, ['0', '1']);
  succeeded(await app.deploy(imageOf(0)));
});
afterAll(async () => {
  await app.remove();
  await rm(folder, { recursive: true });
});

const tokenOf = async (account: string): Promise<string> =>
  (await app.kubectl('create', 'token', account, '--duration', '1h')).trim();

const openssl = (...args: readonly string[]) => promisify(execFile)('openssl', args, { cwd: folder });

/** A certificate of the cluster's own authority that was valid until yesterday. */
async function expiredLogin(): Promise<object> {
  const keys = join(lab.folder, 'kubernetes');
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', 'old.key', '-out', 'old.csr'];
  await openssl('req', ...key, '-subj', '/O=system:masters/CN=admin');
  const authority = ['-CA', `${keys}/ca.pem`, '-CAkey', `${keys}/ca.key`, '-set_serial', '4711'];
  await openssl('x509', '-req', '-in', 'old.csr', ...authority, '-days', '-1', '-out', 'old.pem');
  const data = (name: string) => readFileSync(join(folder, name)).toString('base64');
  return { 'client-certificate-data': data('old.pem'), 'client-key-data': data('old.key') };
}

/** The token of a service account that is gone. */
async function revokedLogin(): Promise<object> {
  await app.kubectl('create', 'serviceaccount', 'gone');
  const token = await tokenOf('gone');
  await app.kubectl('delete', 'serviceaccount', 'gone');
  return { token };
}

describe('a login', () => {
  test('by a program that the kubeconfig names delivers, as those of clouds do; the token is nowhere to be seen', async () => {
    const token = await tokenOf('sealift');
    const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential' };
    const file = join(folder, 'credential.json');
    await writeFile(file, JSON.stringify({ ...credential, status: { token } }), { mode: 0o600 });
    const exec = {
      apiVersion: credential.apiVersion,
      ...{ command: 'cat', args: [file], interactiveMode: 'Never' },
    };
    const kubeconfig = await kubeconfigWith(lab, { exec });
    succeeded(await app.deploy(imageOf(1), {}, { kubeconfig }, { secrets: { exec: token } }));
    expect(await app.running()).toEqual([imageOf(1), imageOf(1)]);
  });

  test.each([
    ['that has expired', expiredLogin],
    ['that was taken back', revokedLogin],
  ])('%s is said to be no longer good, and nothing is changed', async (_, login) => {
    const before = await app.get('deployment', 'web');
    const kubeconfig = await kubeconfigWith(lab, await login());
    expect(messages(await app.deploy(imageOf(0), {}, { kubeconfig }))).toEqual([
      expect.stringMatching(
        /^kubeconfig: the cluster does not accept its credentials \(Unauthorized\)\. They may have expired: .* Nothing was deployed\.$/,
      ),
    ]);
    expect(await app.get('deployment', 'web')).toEqual(before);
  });
});

/** Serves a mirror until the end of the scope. */
async function mirror(answer: RequestListener) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('a runner', () => {
  test('without kubectl gets no file that is not the released one', async () => {
    const asked: (string | undefined)[] = [];
    await using without = await pathWithout('kubectl', path);
    await using tools = await mirror((request, response) => {
      asked.push(request.url);
      response.end('#!/bin/sh\n');
    });
    const env = { PATH: without.path, SEALIFT_TOOLS_URL: tools.url };
    const run = await app.deploy(imageOf(0), {}, {}, { env });
    expect(messages(run)).toEqual([
      expect.stringMatching(/^kubectl \S+ from \S+ is not the file that was released: its SHA-256 is /),
    ]);
    expect(run.log).toContain(`This runner has no kubectl. This step uses ${KUBECTL.version}.`);
    expect(asked).toEqual([
      expect.stringMatching(new RegExp(`^/release/v${KUBECTL.version}/bin/linux/a\\w+/kubectl$`)),
    ]);
    expect(await app.running()).toEqual([imageOf(1), imageOf(1)]);
  });

  test('reaches the cluster with the kubectl that was brought into its tool cache', async () => {
    const step = await makeStepContext();
    const before = process.env['RUNNER_TOOL_CACHE'];
    process.env['RUNNER_TOOL_CACHE'] = join(folder, 'tools');
    try {
      await using tools = await mirror((_, response) => {
        createReadStream(kubectl).pipe(response);
      });
      const sha256 = createHash('sha256')
        .update(await readFile(kubectl))
        .digest('hex');
      const file = { url: `${tools.url}/kubectl`, sha256 };
      const tool = { ...KUBECTL, files: { [`${process.platform}-${process.arch}`]: file } };
      const program = await fetchTool(tool, step, new AbortController().signal);
      expect(program).toBe(join(folder, `tools/kubectl/${KUBECTL.version}/${process.arch}/kubectl`));
      const kubeconfig = await kubeconfigWith(lab, { token: await tokenOf('sealift') });
      const access = { kubeconfig, context: undefined, namespace: app.namespace };
      await using connection = await openKubernetes(access, program, step);
      const found = await connection.api.find(
        `/apis/apps/v1/namespaces/${app.namespace}/deployments/web`,
        'look for it',
      );
      expect(found).toMatchObject({ metadata: { name: 'web' } });
    } finally {
      if (before === undefined) delete process.env['RUNNER_TOOL_CACHE'];
      else process.env['RUNNER_TOOL_CACHE'] = before;
      await step.remove();
    }
  });

  test('with a kubectl of another age is told so', async () => {
    const version = JSON.stringify({ clientVersion: { gitVersion: 'v1.20.0' } });
    const old = join(folder, 'kubectl');
    await writeFile(
      old,
      `#!/bin/sh\ncase "$1 $2" in 'version --client') echo '${version}' ;; *) exec ${kubectl} "$@" ;; esac\n`,
    );
    await chmod(old, 0o755);
    const says = 'are more than one minor version apart, which Kubernetes does not support.';
    const run = succeeded(
      await app.deploy(imageOf(1), {}, { 'dry-run': 'true' }, { env: { PATH: `${folder}:${path}` } }),
    );
    expect(run.log).toContain('kubectl v1.20.0 and Kubernetes v');
    expect(run.log).toContain(says);
    expect(succeeded(await app.deploy(imageOf(1), {}, { 'dry-run': 'true' })).log).not.toContain(says);
  });
});
