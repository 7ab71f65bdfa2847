import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import type { Command } from '../src/model/request.ts';
import { COMMANDS, KEY, MINIMAL_INPUTS, readInputs, useRunnerEnvironment } from './inputs/runner.ts';
import { DOCUMENTS, inputsOf, proseOf, sealiftSteps, snippetsIn } from './support/documents.ts';
import { find, read } from './support/repository.ts';

/** workflows.test.ts checks whole workflows with GitHub's parser. */

const ROOT = resolve(import.meta.dirname, '..');
const MAIN_INPUTS = inputsOf('');

describe.each(DOCUMENTS)('%s', (path) => {
  test('has no dead links', () => {
    const links = [...proseOf(path).matchAll(/!?\[[^\]]*\]\((?<to>[^)\s]+)\)/g)].map(
      ({ groups }) => groups?.['to'] ?? '',
    );
    expect(links.filter((link) => !linkExists(path, link))).toEqual([]);
  });

  test('names only inputs that exist', () => {
    expect(namesIn(path).filter((name) => !isKnown(name))).toEqual([]);
  });
});

describe('the action', () => {
  useRunnerEnvironment();
  const files = find('examples/**/.github/workflows/*.yml').map((name) => ({ name, content: read(name) }));
  const given = DOCUMENTS.flatMap(snippetsIn)
    .filter(({ kind }) => kind === 'workflow')
    .concat(files.map((file) => ({ ...file, kind: 'workflow' })))
    .flatMap(({ name, content }) => sealiftSteps(parse(content)).map((step) => ({ name, ...step })));
  test.each(given)('accepts without a warning the inputs of $uses in $name', ({ part, given: shown }) => {
    const command = part === '' ? 'deliver' : commandOf(part);
    // An example with several apps has a Compose file for each.
    const { 'compose-file': composeFile } = shown;
    if (typeof composeFile === 'string') {
      mkdirSync(dirname(composeFile), { recursive: true });
      writeFileSync(composeFile, '');
    }
    const { manifests, orchestrator } = shown;
    if (typeof manifests === 'string') {
      mkdirSync(dirname(manifests), { recursive: true });
      writeFileSync(manifests, '');
    }
    const overSsh = inputsOf(part).includes('ssh-key') && orchestrator !== 'kubernetes';
    // A job that attests has the permission for an OIDC token.
    if (shown['attest'] === true) process.env['ACTIONS_ID_TOKEN_REQUEST_URL'] = 'https://example.com';
    const { warnings } = readInputs(command, {
      ...(shown['verify'] === 'key' ? { 'verify-key': PUBLIC_KEY } : {}),
      ...(overSsh ? { 'ssh-key': KEY, 'known-hosts': HOST_KEY } : {}),
      ...withoutExpressions(shown, MINIMAL_INPUTS[command]),
      ...(orchestrator === 'kubernetes' ? { hosts: '' } : {}),
    });
    expect(warnings).toEqual([]);
  });
});

describe('docs/strategies.md', () => {
  const text = read('docs/strategies.md');

  test('mentions each input about strategies', () => {
    const about = MAIN_INPUTS.slice(MAIN_INPUTS.indexOf('strategy'), MAIN_INPUTS.indexOf('health-path'));
    expect(about.length).toBeGreaterThan(10);
    expect(about.filter((name) => !new RegExp(`[\`\\s]${name}[\`:]`).test(text))).toEqual([]);
  });

  test('shows every picture with a text that describes it', () => {
    for (const picture of find('docs/strategies/*.svg')) {
      expect(text).toMatch(new RegExp(`!\\[[^\\]]{60,}\\]\\(${picture.replace('docs/', '')}\\)`));
    }
  });
});

describe.each(find('docs/**/*.svg'))('%s', (path) => {
  const svg = read(path);

  test('is well-formed and loads nothing else', () => {
    expect(unbalanced(svg)).toEqual([]);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 \d+ \d+"/);
    expect(svg.match(/href=|<script|<image|url\((?!#)/g)).toBeNull();
  });

  test('has a title and a description for screen readers', () => {
    expect(svg).toMatch(/role="img" aria-labelledby="t d"/);
    expect(svg).toMatch(/<title id="t">[^<]{5,}<\/title>\s*<desc id="d">[^<]{40,}<\/desc>/);
  });

  // GitHub shows pictures on white or black. Without a background, text would be invisible on one of them.
  test('has its own background', () => {
    const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? [];
    expect(svg).toMatch(new RegExp(`<rect [^>]*width="${width}" height="${height}"`));
  });
});

/** A host key, which documents leave to a variable. */
const HOST_KEY = `* ssh-ed25519 ${Buffer.from([0, 0, 0, 11, ...Buffer.from('ssh-ed25519'), 0, 0, 0, 32, ...Array(32).fill(1)]).toString('base64')}`;

/** So is a key of signatures. */
const PUBLIC_KEY = String(generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' }));

function commandOf(part: string): Command {
  const known = COMMANDS.find((each) => each === part && each !== 'deliver');
  if (known !== undefined) return known;
  throw new Error(`There is no action "${part}".`);
}

/**
 * The inputs of a step. An expression, which only the runner can evaluate, is replaced by the usual value or left out; after a
 * name and "=", by any text.
 */
function withoutExpressions(
  shown: Readonly<Record<string, unknown>>,
  usual: Readonly<Record<string, string>>,
): Record<string, string> {
  const texts = Object.entries(shown).map(
    ([name, value]) => [name, String(value).replaceAll(/(?<==)\$\{\{[^}]*\}\}$/gm, 'text')] as const,
  );
  const written = texts.filter(([, value]) => !value.includes('${{'));
  const filled = texts.filter(([name, value]) => value.includes('${{') && usual[name] !== undefined);
  return Object.fromEntries([...written, ...filled.map(([name]) => [name, usual[name] ?? ''] as const)]);
}

function linkExists(from: string, link: string): boolean {
  if (/^(?:https?|mailto):/.test(link)) return true;
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? from : normalize(join(dirname(from), file));
  if (target.startsWith('..') || !existsSync(join(ROOT, target))) return false;
  return anchor === undefined || anchorsIn(target).includes(anchor);
}

/** The anchors that GitHub makes of headings. */
function anchorsIn(path: string): string[] {
  return [...read(path).matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  );
}

/** Code in the prose of a document that looks like the name of an input: `health-path`, `bake: 5m`. */
function namesIn(path: string): string[] {
  const spans = [...proseOf(path).matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
  return spans.flatMap((span) => {
    const name = /^(?<name>[a-z]+(?:-[a-z]+)+)$|^(?<key>[a-z_-]+):(?: .*)?$/.exec(span)?.groups;
    return name === undefined ? [] : [name['name'] ?? name['key'] ?? ''];
  });
}

const OF_ANY_PART = new Set(
  COMMANDS.map((command) => (command === 'deliver' ? '' : command)).flatMap(inputsOf),
);
/** Names that are not inputs: keys of Compose files and workflows, stages and actions of a plan, values and others. */
const OTHERS = new Set([
  ...[
    'app_protocol',
    'init',
    '--key',
    '--environment',
    '--fingerprint',
    '--from',
    '--job',
    'build',
    'completion',
    'configs',
    'container_name',
    'content',
    'external',
    'failure_action',
    'file',
    'content',
    'image',
    'network_mode',
    'restart',
    'required',
    'additional_contexts',
    'env_file',
  ],
  ...[
    'container',
    'secrets',
    'order',
    'ports',
    'runs-on',
    'uses',
    'contents',
    'packages',
    'actions',
    'checks',
    'id-token',
    'permissions',
  ],
  ...['check-health', 'final-check', 'switch-traffic', 'split-traffic', 'balance-replicas', 'drain-traffic'],
  ...['if-protected', 'not-on-github', 'fetch-depth'],
  ...['blue-green', 'start-first', 'stop-first', 'unless-stopped', 'go-on'],
  ...[
    'no-new-privileges',
    'sealift-front',
    'sealift-front-data',
    'insecure-registries',
    'ignore-scripts',
    'buildkitd-config-inline',
  ],
  // Of ssh-keygen, and of an OCI image layout.
  ...['ssh-keygen', 'valid-before', 'oci-layout'],
  ...[
    'ssh-agent',
    'ssh-keyscan',
    'openssh-client',
    'docker-compose-plugin',
    'shop-production',
    'shop-db',
    'shop-db-before-sealift',
  ],
  ...[
    'a-b',
    'b-c',
    'permissions',
    'attestations',
    'timeout-minutes',
    'profiles',
    'expose',
    'replicas',
    'dockerfile',
  ],
  // Of Kamal.
  ...['boot', 'builder', 'directories', 'proxy', 'servers', 'pre-build', 'pre-deploy', 'post-deploy'],
]);
function isKnown(name: string): boolean {
  return OF_ANY_PART.has(name) || OTHERS.has(name) || isOutput(name);
}

const OUTPUTS = Object.keys(parse(read('action.yml')).outputs);
const isOutput = (name: string): boolean => OUTPUTS.includes(name);

/** Tags of a picture that are not closed in the right order. Finds the usual mistakes of manual edits. */
function unbalanced(svg: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, slash, name = '', self] of svg
    .replaceAll(/<!--[\s\S]*?-->/g, '')
    .matchAll(/<(\/?)([a-z]+)(?:\s[^<>]*?)?(\/?)>/gi)) {
    if (self === '/') continue;
    if (slash !== '/') open.push(name);
    else if (open.pop() !== name) wrong.push(name);
  }
  return [...wrong, ...open];
}
