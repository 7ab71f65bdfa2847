/** How the official CLI resolves Compose files, and how its errors reach the person who wrote them. */
import { describe, expect, test } from '@jest/globals';
import type { ComposeSource } from '../../src/model/deploy-options.ts';
import { asObject } from '../../src/model/json.ts';
import { splitProject } from '../../src/release/compose/split-project.ts';
import { APP, folderOf, resolveFiles, resolveIn, sourceOf } from '../support/compose/fixtures.ts';
import { readLab } from '../support/lab.ts';

const { PATH = '' } = readLab().runnerEnvironment;
const resolved = (
  files: Readonly<Record<string, string>>,
  source?: Partial<ComposeSource>,
  more?: Parameters<typeof resolveIn>[3],
) => resolveFiles(files, PATH, source, more);

describe('a file that Compose can not resolve says what is wrong:', () => {
  const web = (rest: string): string => `services: {web: {image: "\${IMAGE}", ${rest}}}`;
  test.each([
    [
      'variables that are not set',
      web('command: "$FOO ${BAR} ${FOO}"'),
      'compose-file: ${BAR}, ${FOO} are used but not set. Give them in the input "env" (BAR=…) or in .env, or a default in the file: ${BAR:-…}. A dollar sign that is meant for the container is written $$.',
    ],
    [
      'a required variable',
      web('command: "${KEY:?ask Mona}"'),
      'compose-file: variable KEY is required (ask Mona). Give it in the input "env": KEY=…',
    ],
    ['a required variable without a word', web('command: "${KEY?}"'), 'variable KEY is required. Give it'],
    ['no YAML', 'services:\n  web: [', 'compose-file: failed to parse compose.yaml: yaml: line 2'],
    ['nothing', '', 'compose-file: empty compose file'],
    [
      'a key that Compose does not know',
      web('prots: []'),
      "compose-file: validating compose.yaml: services.web additional properties 'prots' not allowed",
    ],
    [
      'an env_file that is not there',
      web('env_file: nope.env'),
      'compose-file: the env file nope.env is not in the checkout. Write it in a step before this one, for example from a secret',
    ],
    [
      'variables of inactive profiles',
      'services: {web: {image: "${IMAGE}", command: "$USED ${A:-${BOTH}}"}, backup: {image: x, profiles: [backup], command: "$ONLY_HERE $BOTH $$NOT"}}',
      /^compose-file: \$\{BOTH\}, \$\{USED\} are used but not set/,
    ],
    [
      'a service that is not there',
      web('depends_on: [db]'),
      'compose-file: service "web" depends on undefined service "db"',
    ],
    ['a volume that is not declared', web('volumes: ["data:/data"]'), 'refers to undefined volume data'],
    [
      'services that need each other',
      'services: {a: {image: x, depends_on: [b]}, b: {image: y, depends_on: [a]}}',
      'compose-file: dependency cycle detected',
    ],
  ])('a Compose file with %s says what is wrong', async (_, text, message) => {
    const deployed = resolved({ 'compose.yaml': text }).then((file) =>
      splitProject(file, APP, new Map(), 'caddy'),
    );
    await expect(deployed).rejects.toThrow(message);
  });

  test('a Compose file with secrets and configs that are not there says what is wrong', async () => {
    const file = await resolveIn(folderOf('refused-missing-contents'), sourceOf(), PATH);
    const error = () => splitProject(file, APP, new Map(), 'caddy');
    expect(error).toThrow(
      'secret gone is the file gone.txt, which is not in the checkout. Create it in a step before this one',
    );
    expect(error).toThrow('secret folder is the file folder, which is a folder');
    expect(error).toThrow(
      'secret unset is the variable NOWHERE_SET, which is not set. Give it in the input "env": NOWHERE_SET=…',
    );
  });

  test('a runner without docker says what is wrong', async () => {
    const nowhere = resolveIn(folderOf('flask'), sourceOf(), '/nonexistent');
    await expect(nowhere).rejects.toThrow(/docker was not found on this runner/);
  });
});

describe('resolving', () => {
  test('resolving is enough for a build, which needs neither the variables nor the secrets of a deploy', async () => {
    const text =
      'services: {web: {build: ., command: "${LATER}", secrets: [s]}}\nsecrets: {s: {environment: LATER_TOO}}';
    const { config, problems } = await resolved({ 'compose.yaml': text });
    expect(asObject(config.services['web'])['build']).toBeDefined();
    expect(problems).toEqual([expect.stringContaining('${LATER}'), expect.stringContaining('LATER_TOO')]);
  });

  test('resolving needs no engine', async () => {
    const environment = { DOCKER_HOST: 'unix:///nonexistent.sock' };
    const { config } = await resolved(
      { 'compose.yaml': 'services: {web: {image: "${IMAGE}"}}' },
      {},
      { environment },
    );
    expect(Object.keys(config.services)).toEqual(['web']);
  });

  test('resolving shows neither inputs nor tokens to the file', async () => {
    const text =
      'services: {web: {image: "${IMAGE}", environment: [GITHUB_TOKEN, INPUT_ENV, STATE_KEY, ACTIONS_RUNTIME_TOKEN, PASSED_ON]}}';
    const { config } = await resolved({ 'compose.yaml': text });
    expect(asObject(config.services['web'])['environment']).toEqual({
      ...{ GITHUB_TOKEN: null, INPUT_ENV: null, STATE_KEY: null, ACTIONS_RUNTIME_TOKEN: null },
      PASSED_ON: 'from the job',
    });
  });

  test('resolving calls the project by app and environment, whatever the file and the job say', async () => {
    const text = 'name: other\nservices: {web: {image: "${IMAGE}", labels: {of: "${COMPOSE_PROJECT_NAME}"}}}';
    const { config } = await resolved(
      { 'compose.yaml': text },
      {},
      { environment: { COMPOSE_PROJECT_NAME: 'third', COMPOSE_FILE: 'fourth.yaml' } },
    );
    expect(asObject(config.services['web'])['labels']).toEqual({ of: 'shop-production' });
    expect(config.networks?.['default']).toMatchObject({ name: 'shop-production_default' });
  });

  test('resolving takes the input env before the job, and the job before .env', async () => {
    const files = {
      'compose.yaml': 'services: {web: {image: "${IMAGE}", labels: {a: "${A}", b: "${B}", c: "${C}"}}}',
      '.env': 'A=.env\nB=.env\nC=.env\n',
    };
    const environment = { A: 'job', B: 'job' };
    const { config } = await resolved(files, { variables: new Map([['A', 'input']]) }, { environment });
    expect(asObject(config.services['web'])['labels']).toEqual({ a: 'input', b: 'job', c: '.env' });
  });
});

describe('without a Compose file', () => {
  const minimal = async (given: Partial<ComposeSource>) => {
    const of = await resolved({}, { files: undefined, ...given });
    return splitProject(of, APP, given.domains ?? new Map(), 'caddy');
  };

  test('without a Compose file a minimal one is made of port, volumes and env', async () => {
    const split = await minimal({
      port: '80:8080',
      volumes: ['data:/data', '/srv/shop:/shop:ro'],
      variables: new Map([['KEY', 'a "value" with $dollar\nand a line']]),
    });
    expect(split.routes).toEqual([
      { id: '80', service: 'shop', containerPort: 8080, published: [{ port: 80 }], domains: [] },
    ]);
    expect(split.services['shop']).toMatchObject({ role: 'served', imageKey: '' });
    expect(split.compose.services['shop']).toMatchObject({
      restart: 'unless-stopped',
      environment: { KEY: 'a "value" with $$dollar\nand a line' },
      volumes: [
        { type: 'volume', source: 'data', target: '/data' },
        { type: 'bind', source: '/srv/shop', target: '/shop', read_only: true },
      ],
    });
    expect(split.base.volumes).toEqual({ data: { name: 'shop-production_data' } });
  });

  test('without a Compose file a single port is published as it is, or only served on domains', async () => {
    expect((await minimal({ port: '8080' })).routes[0]).toMatchObject({
      containerPort: 8080,
      published: [{ port: 8080 }],
    });
    const domains = new Map([['shop.example.com', undefined]]);
    expect((await minimal({ port: '8080', domains })).routes[0]).toMatchObject({
      containerPort: 8080,
      published: [],
      domains: ['shop.example.com'],
    });
  });
});
