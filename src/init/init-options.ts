import { parseArgs } from 'node:util';
import { ConfigurationError, messageOf } from '../model/errors.ts';
import { type HostAddress, parseHostAddress } from '../model/host-address.ts';

/** The server that `init` prepares, and for what. */
export interface InitOptions {
  /** How root, or somebody who may use `sudo`, logs in. */
  readonly server: Extract<HostAddress, { readonly kind: 'ssh' }>;
  /** The user with which Sealift logs in. */
  readonly user: string;
  readonly environment: string;
  /** `octo/shop`; `undefined`: that of the checkout. */
  readonly repository: string | undefined;
  /** Logins at GitHub. */
  readonly reviewers: readonly string[];
  /** Path of the private key; `undefined`: one for this environment, in `~/.ssh`. */
  readonly key: string | undefined;
  /** Path of the workflow, relative to the checkout. */
  readonly workflow: string;
  /** `SHA256:…` of a host key that is known to be the server's. */
  readonly fingerprint: string | undefined;
  /** Whether `gh` is run, or its commands are printed. */
  readonly gh: boolean;
  /** Whether nobody is asked. */
  readonly yes: boolean;
  /** Whether a program reads the result. */
  readonly json: boolean;
}

/** The flags of `init`, for parsing, help and completion. */
export const INIT_FLAGS = {
  environment: { value: 'NAME', about: 'the environment at GitHub (default: production)' },
  user: { value: 'NAME', about: 'the user that Sealift logs in as; it is created (default: deploy)' },
  reviewer: { value: 'LOGIN', about: 'who must approve a deploy, at GitHub; may be given several times' },
  repository: { value: 'OWNER/NAME', about: 'the repository at GitHub; default: that of the checkout' },
  key: {
    value: 'FILE',
    about: 'the private key for the user; default: ~/.ssh/sealift-<repository>-<environment>, which is made',
  },
  workflow: { value: 'FILE', about: 'the workflow to write (default: .github/workflows/deliver.yml)' },
  fingerprint: {
    value: 'SHA256:…',
    about: 'a host key of the server, as ssh-keygen -lf shows it there; needed where nobody can be asked',
  },
  gh: { value: undefined, about: 'run the commands of gh that set up GitHub, instead of printing them' },
  yes: { value: undefined, about: 'do not ask' },
  json: {
    value: undefined,
    about: 'print what was found and done as one line of JSON to stdout, and everything else to stderr',
  },
  help: { value: undefined, about: 'print this' },
} as const;

const USER_NAME = /^[a-z_][a-z0-9_-]{0,30}$/;
const REPOSITORY_NAME = /^[\w.-]+\/[\w.-]+$/;
const LOGIN = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})$/;

/**
 * Reads the arguments after `init`. Pure.
 * @returns `undefined` for `--help`
 * @throws ConfigurationError that names the argument
 */
export function parseInitOptions(args: readonly string[]): InitOptions | undefined {
  const { values, positionals } = parseInitArgs(args);
  if (values.help === true) return undefined;
  const [address, ...others] = positionals;
  if (address === undefined || others.length > 0)
    throw new ConfigurationError('init: name one server: sealift init ssh://root@203.0.113.7.');
  const server = parseHostAddress(address);
  if (server.kind !== 'ssh')
    throw new ConfigurationError(`init: "${address}" is no server with SSH. Write ssh://root@host.`);
  return {
    server,
    user: checked('user', values.user ?? 'deploy', USER_NAME, 'lower-case letters, digits, "-" and "_"'),
    environment: checked('environment', values.environment ?? 'production', /^[\w.-]{1,40}$/, 'production'),
    repository: values.repository && checked('repository', values.repository, REPOSITORY_NAME, 'OWNER/NAME'),
    reviewers: (values.reviewer ?? []).map((login) =>
      checked('reviewer', login, LOGIN, 'the name of a person at GitHub'),
    ),
    key: values.key,
    workflow: values.workflow ?? '.github/workflows/deliver.yml',
    fingerprint:
      values.fingerprint &&
      checked(
        'fingerprint',
        values.fingerprint,
        /^SHA256:[\w+/]{43}$/,
        'what ssh-keygen -lf shows: SHA256:…',
      ),
    gh: values.gh === true,
    yes: values.yes === true,
    json: values.json === true,
  };
}

function checked(flag: string, text: string, rule: RegExp, example: string): string {
  if (rule.test(text)) return text;
  throw new ConfigurationError(`--${flag}: "${text}" can't be used. Write ${example}.`);
}

function parseInitArgs(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        ...{ environment: text, user: text, repository: text, key: text, workflow: text, fingerprint: text },
        reviewer: { type: 'string', multiple: true },
        ...{ gh: flag, yes: flag, json: flag, help: { type: 'boolean', short: 'h' } },
      },
      strict: true,
      allowPositionals: true,
    });
  } catch (error) {
    throw new ConfigurationError(`init: ${messageOf(error)}. See sealift init --help.`, { cause: error });
  }
}
