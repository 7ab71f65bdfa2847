import type { Command } from '../model/request.ts';

/**
 * The inputs of each action with their defaults, '' where there is none. action.yml is what users see and what the
 * runner fills in; this table exists because an input that is given but empty (`keep: ${{ vars.KEEP }}` without such a
 * variable) reaches the action as '', and has to mean the default. A test fails when it differs from any action.yml.
 */
const TARGET_INPUTS = { app: '', environment: '', hosts: '' } as const;

const ACCESS_INPUTS = {
  'ssh-key': '',
  'ssh-key-passphrase': '',
  'known-hosts': '',
  'ssh-config': '',
  'tls-ca': '',
  'tls-cert': '',
  'tls-key': '',
} as const;

/** The default of github-token is an expression, which only the runner can fill in. */
const REGISTRY_INPUTS = { 'registry-username': '', 'registry-password': '', 'github-token': '' } as const;

const BUILD_INPUTS = {
  context: '.',
  file: '',
  target: '',
  'build-args': '',
  'build-secrets': '',
  platforms: '',
  labels: '',
  'cache-from': '',
  'cache-to': '',
  provenance: '',
  sbom: '',
  pull: 'false',
  'no-cache': 'false',
  'add-hosts': '',
  'build-contexts': '',
  tags: '',
  test: '',
  rebuild: 'false',
} as const;

const COMPOSE_INPUTS = { 'compose-file': 'compose.yaml', env: '' } as const;

const ACME_INPUTS = { 'acme-email': '', 'acme-directory': '', 'acme-ca': '' } as const;

/** What a deploy and a rollback share: how traffic moves and how the result is judged. */
const ROLLOUT_INPUTS = {
  ...ACME_INPUTS,
  'drain-timeout': '30s',
  url: '',
  'url-status': '200-399',
  'url-body': '',
  'url-timeout': '60s',
  'dry-run': 'false',
  'edge-image': 'caddy:2.11',
} as const;

const DEPLOY_INPUTS = {
  ...ROLLOUT_INPUTS,
  port: '',
  volumes: '',
  domains: '',
  strategy: '',
  canary: '',
  'canary-max-errors': '1%',
  'canary-max-latency-ratio': '1.5',
  'canary-min-requests': '100',
  'canary-too-few': 'go-on',
  bake: '0s',
  'max-parallel': '',
  'before-release': '',
  'after-release': '',
  accessories: 'leave',
  force: 'false',
  edge: 'caddy',
  'health-path': '',
  'health-timeout': '60s',
  keep: '5',
} as const;

const IMAGE_INPUTS = { image: '' } as const;

export const INPUTS = {
  deliver: {
    ...TARGET_INPUTS,
    ...ACCESS_INPUTS,
    ...IMAGE_INPUTS,
    ...REGISTRY_INPUTS,
    ...BUILD_INPUTS,
    ...COMPOSE_INPUTS,
    ...DEPLOY_INPUTS,
  },
  build: { ...IMAGE_INPUTS, ...REGISTRY_INPUTS, ...BUILD_INPUTS, ...COMPOSE_INPUTS },
  deploy: {
    ...TARGET_INPUTS,
    ...ACCESS_INPUTS,
    ...IMAGE_INPUTS,
    ...REGISTRY_INPUTS,
    ...COMPOSE_INPUTS,
    ...DEPLOY_INPUTS,
  },
  rollback: {
    ...TARGET_INPUTS,
    ...ACCESS_INPUTS,
    ...REGISTRY_INPUTS,
    ...ROLLOUT_INPUTS,
    to: '',
    'health-timeout': '',
  },
  status: { ...TARGET_INPUTS, ...ACCESS_INPUTS },
} as const;

/** The name of an input of any of the actions. */
export type InputName = { [C in Command]: keyof (typeof INPUTS)[C] }[Command];

/** The default of an input: '' where it has none, `undefined` where the command has no such input. */
export function defaultOfInput(command: Command, name: string): string | undefined {
  return new Map<string, string>(Object.entries(INPUTS[command])).get(name);
}

/** How a user writes the action of a command after `uses:`, for errors: `build/`. */
export function actionFolder(command: Command): string {
  return command === 'deliver' ? 'the main action' : `${command}/`;
}
