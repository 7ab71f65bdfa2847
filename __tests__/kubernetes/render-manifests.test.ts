import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { objectsIn, renderManifests } from '../../src/kubernetes/render-manifests.ts';
import { CommandError } from '../../src/model/errors.ts';
import type { RunProgram } from '../../src/model/step-context.ts';

let folder: string;
let ran: (readonly string[])[] = [];
/** What the next program says. */
let answer: { readonly stdout?: string; readonly stderr?: string };

const run: RunProgram = async (program, args) => {
  ran.push([program, ...args].map((each) => each.replace(`${folder}/`, '')));
  const { stdout = '', stderr } = answer;
  if (stderr !== undefined) throw new CommandError(program, 1, stderr);
  return { exitCode: 0, stdout, stderr: '' };
};

const render = (path: string, ...values: readonly string[]) =>
  renderManifests([{ path: join(folder, path), values: values.map((file) => join(folder, file)) }], {
    ...{ kubectl: '/opt/kubectl', version: 'v1.34.4', namespace: 'shop', step: { run } },
    of: { app: 'shop', environment: 'production' },
    signal: new AbortController().signal,
  });

function write(...files: readonly string[]): void {
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'render-'));
  ran = [];
  answer = { stdout: '{\n    "apiVersion": "v1", "kind": "Service", "metadata": { "name": "web" }\n}\n' };
});
afterEach(() => rmSync(folder, { recursive: true }));

test('objects that kubectl prints one after the other are read, and those of a list', () => {
  const text =
    '{\n    "kind": "A",\n    "metadata": {\n        "name": "}"\n    }\n}\n{\n    "kind": "List",\n    "items": [{ "kind": "B" }]\n}\n';
  expect(objectsIn(text)).toEqual([{ kind: 'A', metadata: { name: '}' } }, { kind: 'B' }]);
  expect(objectsIn('')).toEqual([]);
});

describe('which files are read', () => {
  const read = () => ran.map((command) => command[command.indexOf('--filename') + 1]);

  test('of a folder its manifests, not those of folders below it, in the order of their names', async () => {
    write('k8s/b.json', 'k8s/a.yaml', 'k8s/c.yml', 'k8s/README.md', 'k8s/below/d.yaml');
    expect(await render('k8s')).toHaveLength(3);
    expect(read()).toEqual(['k8s/a.yaml', 'k8s/b.json', 'k8s/c.yml']);
  });

  test('of a pattern all that it fits', async () => {
    write('k8s/web.yaml', 'k8s/worker.yaml', 'k8s/db.yaml');
    await render('k8s/w*.yaml');
    expect(read()).toEqual(['k8s/web.yaml', 'k8s/worker.yaml']);
  });

  test.each([
    ['k8s', /^manifests: the folder ".*k8s" has no \.yaml, \.yml or \.json file\./],
    ['*.yaml', /^manifests: no file has the pattern /],
  ])('%s without any is refused', async (path, says) => {
    write('k8s/README.md');
    await expect(render(path)).rejects.toThrow(says);
  });
});

test('a kustomization is rendered by kubectl', async () => {
  write('overlay/kustomization.yaml', 'overlay/other.yaml');
  await render('overlay');
  expect(ran.map(([program, ...args]) => [program, ...args.slice(0, 2)])).toEqual([
    ['/opt/kubectl', 'kustomize', 'overlay'],
    ['/opt/kubectl', 'annotate', '--local'],
  ]);
});

test('a chart is rendered for the version of the cluster, in the namespace, with its values files in order', async () => {
  write('chart/Chart.yaml', 'one.yaml', 'two.yaml');
  await render('chart', 'one.yaml', 'two.yaml');
  expect(ran[0]).toEqual([
    ...['helm', 'template', 'shop-production', 'chart', '--namespace', 'shop', '--kube-version', 'v1.34.4'],
    ...['--include-crds', '--no-hooks', '--values', 'one.yaml', '--values', 'two.yaml'],
  ]);
});

describe('what a program refuses is said in its own words', () => {
  test.each([
    [
      'chart',
      [
        'WARNING: Kubernetes configuration file is group-readable. This is insecure.',
        'Error: YAML parse error on shop/templates/web.yaml: error converting YAML to JSON: yaml: line 7: did not find expected key',
        '',
        'Use --debug flag to render out invalid YAML',
      ],
      'manifests: helm template refuses chart: YAML parse error on shop/templates/web.yaml: error converting YAML to JSON: yaml: line 7: did not find expected key',
    ],
    [
      'chart',
      [
        "Error: values don't meet the specifications of the schema(s) in the following chart(s):",
        'shop:',
        "- at '/replicas': got string, want number",
      ],
      "manifests: helm template refuses chart: values don't meet the specifications of the schema(s) in the following chart(s): shop: - at '/replicas': got string, want number",
    ],
    [
      'overlay',
      ["# Warning: 'commonLabels' is deprecated.", 'error: no such file: web.yaml'],
      'manifests: kubectl kustomize refuses overlay: no such file: web.yaml',
    ],
    [
      'web.yaml',
      ['error: error parsing web.yaml: error converting YAML to JSON: yaml: line 2: mapping values'],
      "manifests: web.yaml can't be read: error parsing web.yaml: error converting YAML to JSON: yaml: line 2: mapping values",
    ],
    ['web.yaml', ['panic: something else'], "manifests: web.yaml can't be read: panic: something else"],
  ])('%s: %j', async (path, stderr, says) => {
    write('chart/Chart.yaml', 'overlay/kustomization.yaml', 'web.yaml');
    answer = { stderr: `${stderr.join('\n')}\n` };
    const refused = await render(path).catch((error: Error) => error.message.replaceAll(`${folder}/`, ''));
    expect(refused).toBe(says);
  });
});
