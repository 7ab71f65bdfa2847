import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import type { ComposeConfig, ComposeObject } from '../../model/release.ts';
import { type Cli, resolvedJson } from './cli.ts';
import { object, text, unescaped } from './data.ts';
import type { Contents, Kind } from './inline.ts';

/**
 * Reads the secrets and configs that Compose would look for on the machine it runs on: files and variables.
 * @param folder of the first Compose file, where `.env` lies
 * @param problems gets a line for each that can't be read
 */
export async function readContents(
  config: ComposeConfig,
  cli: Cli,
  folder: string,
  problems: string[],
): Promise<Contents> {
  const contents = new Map<`${Kind}:${string}`, string>();
  for (const { kind, name, spec } of all(config)) {
    const file = text(spec['file']);
    const variable = text(spec['environment']);
    if (file !== undefined) {
      const content = await readContent(unescaped(file)).catch((error: unknown) => {
        problems.push(unreadable(kind, name, relative(cli.cwd, unescaped(file)), error));
      });
      if (content !== undefined) contents.set(`${kind}:${name}`, content);
    } else if (variable !== undefined) {
      const env: Partial<Record<string, string>> = cli.env;
      const content = env[variable] ?? (await fromDotEnv(variable, cli, folder));
      if (content === undefined) {
        problems.push(
          `compose-file: ${kind} ${name} is the variable ${variable}, which is not set. Give it in the input env: ${variable}=…`,
        );
      } else contents.set(`${kind}:${name}`, content);
    }
  }
  return contents;
}

interface Source {
  readonly kind: Kind;
  readonly name: string;
  readonly spec: ComposeObject;
}

function all(config: ComposeConfig): readonly Source[] {
  const of = (kind: Kind, specs: ComposeConfig['secrets']): readonly Source[] =>
    Object.entries(specs ?? {}).map(([name, spec]) => ({ kind, name, spec }));
  return [...of('secret', config.secrets), ...of('config', config.configs)];
}

const readContent = (path: string): Promise<string> => readFile(path, 'utf8');

function unreadable(kind: Kind, name: string, path: string, error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  const why =
    code === 'ENOENT'
      ? 'which is not in the checkout. Make it in a step before this one, or use environment: with the input env'
      : code === 'EISDIR'
        ? `which is a folder, and a ${kind} is one file. Name each file`
        : `which can't be read (${String(code)})`;
  return `compose-file: ${kind} ${name} is the file ${path}, ${why}.`;
}

/** A variable that only `.env` gives, as Compose itself reads that file. */
async function fromDotEnv(variable: string, cli: Cli, folder: string): Promise<string | undefined> {
  const probe = {
    services: {
      probe: { image: 'probe', labels: { value: `\${${variable}-}`, set: `\${${variable}+yes}` } },
    },
  };
  const options = [...cli.options.slice(0, 2), '--project-directory', folder, '--file', '-'];
  const { json } = await resolvedJson({ ...cli, options, stdin: JSON.stringify(probe) });
  const labels = object(object(object(object(JSON.parse(json))['services'])['probe'])['labels']);
  return labels['set'] === 'yes' ? unescaped(String(labels['value'])) : undefined;
}
