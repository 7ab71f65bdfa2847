import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, jest } from '@jest/globals';
import { parse } from 'yaml';
import { type RequestWithWarnings, readRequest } from '../../src/inputs/request.ts';
import type { ActionRequest, Command } from '../../src/model/request.ts';
import { workflowReporter } from '../../src/report/workflow-reporter.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** Each has an action. */
export const COMMANDS = [
  'deliver',
  'build',
  'deploy',
  'rollback',
  'status',
  'remove',
  'unlock',
  'logs',
  'export',
  'import',
  'gate',
] as const;

/** What an action.yml says of an input. */
export interface Declared {
  readonly description: string;
  readonly required?: boolean;
  readonly default?: string;
}

export function actionFile(command: Command): {
  readonly inputs: Readonly<Record<string, Declared>>;
  readonly outputs: Readonly<Record<string, { readonly description: string }>>;
} {
  return parse(readFileSync(join(ROOT, command === 'deliver' ? '.' : command, 'action.yml'), 'utf8'));
}

const DECLARED = new Map(COMMANDS.map((command) => [command, actionFile(command).inputs]));

/** Looks like a key, but is none. */
export const KEY =
  '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\nQWxsIHdvcmsgYW5kIG5v\n-----END OPENSSH PRIVATE KEY-----';
export const TLS_KEY = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG\n-----END PRIVATE KEY-----';
export const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIU\n-----END CERTIFICATE-----';
export const DIGEST = `sha256:${'a'.repeat(64)}`;

/** The inputs that each command requires. */
export const MINIMAL_INPUTS: Readonly<Record<Command, Readonly<Record<string, string>>>> = {
  deliver: { environment: 'staging', hosts: 'unix:///run/a.sock' },
  build: {},
  deploy: { environment: 'staging', hosts: 'unix:///run/a.sock', image: `ghcr.io/me/shop@${DIGEST}` },
  rollback: { environment: 'staging', hosts: 'unix:///run/a.sock' },
  status: { environment: 'staging', hosts: 'unix:///run/a.sock' },
  remove: { environment: 'staging', hosts: 'unix:///run/a.sock' },
  unlock: { environment: 'staging', hosts: 'unix:///run/a.sock' },
  logs: { environment: 'staging', hosts: 'unix:///run/a.sock' },
  import: { environment: 'staging', hosts: 'unix:///run/a.sock', archive: 'shop-1a2b3c4d.sealift.tar' },
  export: { environment: 'staging', image: `ghcr.io/me/shop@${DIGEST}` },
  gate: { environment: 'staging' },
};

const before = { env: { ...process.env }, folder: process.cwd() };
let printed: string[] = [];

/** Runs each test in its own checkout with the environment of the runner, and records what is printed for the runner. */
export function useRunnerEnvironment(): void {
  beforeEach(() => {
    const checkout = mkdtempSync(join(tmpdir(), 'inputs-'));
    writeFileSync(join(checkout, 'compose.yaml'), 'services: {}\n');
    process.chdir(checkout);
    process.env = {
      PATH: before.env['PATH'],
      GITHUB_REPOSITORY: 'Me/Shop.API',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_ACTOR: 'octocat',
    };
    printed = [];
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed.push(String(text));
      return true;
    });
  });
  afterEach(() => {
    const checkout = process.cwd();
    process.chdir(before.folder);
    rmSync(checkout, { recursive: true });
    process.env = before.env;
  });
}

/** The workflow commands printed so far, one per line. */
export function workflowCommands(): string[] {
  return printed
    .join('')
    .split('\n')
    .filter((line) => line !== '');
}

/** As before the test. What is long and printed again and again would fill the memory. */
export function forgetInputs(): void {
  for (const each of Object.keys(process.env)) if (each.startsWith('INPUT_')) delete process.env[each];
  printed = [];
  jest.mocked(process.stdout.write).mockClear();
}

/** Reads inputs as the runner sets them: those of `with:`, declared or not, and the default of every other input. */
export function readInputs(
  command: Command,
  given: Readonly<Record<string, string>> = {},
): RequestWithWarnings {
  const inputs = new Map<string, string>();
  for (const [name, { default: text }] of Object.entries(DECLARED.get(command) ?? {})) {
    inputs.set(
      name,
      (text ?? '')
        .replace('${{ github.token }}', 'ghs_token')
        .replace('${{ job.check_run_id }}', '40512345678'),
    );
  }
  for (const [name, text] of Object.entries({ ...MINIMAL_INPUTS[command], ...given })) inputs.set(name, text);
  for (const [name, text] of inputs) process.env[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] = text;
  return readRequest(command, workflowReporter.mask);
}

/** The request of a command, on single hosts. */
type RequestOf<C extends Command> = ActionRequest & { command: C; orchestrator?: 'docker' };

export function request<C extends Command>(
  command: C,
  given: Readonly<Record<string, string>> = {},
): RequestOf<C> {
  const { request: read } = readInputs(command, given);
  if (!is(read, command)) throw new Error(`Expected a request of ${command}, got ${read.command}.`);
  return read;
}

function is<C extends Command>(read: ActionRequest, command: C): read is RequestOf<C> {
  return read.command === command;
}

/** The message of the ConfigurationError that these inputs cause. */
export function inputError(command: Command, given: Readonly<Record<string, string>>): string {
  try {
    readInputs(command, given);
  } catch (error) {
    if (error instanceof Error && error.name === 'ConfigurationError') return error.message;
    throw error;
  }
  throw new Error('The inputs were accepted.');
}
