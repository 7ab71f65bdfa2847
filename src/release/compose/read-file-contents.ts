import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { asObject, asText } from '../../model/json.ts';
import type { ComposeConfig, ComposeObject } from '../../model/release.ts';
import { type ComposeCli, resolveToJson } from './compose-cli.ts';
import { unescapeDollars } from './compose-config.ts';
import type { FileContents, FileObjectKind } from './inline-contents.ts';

/**
 * Reads the secrets and configs that Compose would look for on the machine it runs on: files and variables.
 * @param folder of the first Compose file, where `.env` lies
 * @param problems gets a line for each that can't be read
 */
export async function readFileContents(
  config: ComposeConfig,
  cli: ComposeCli,
  folder: string,
  problems: string[],
): Promise<FileContents> {
  const contents = new Map<`${FileObjectKind}:${string}`, string>();
  for (const { kind, name, spec } of fileObjectsOf(config)) {
    const file = asText(spec['file']);
    const variable = asText(spec['environment']);
    if (file !== undefined) {
      const content = await readUtf8(unescapeDollars(file)).catch((error: unknown) => {
        problems.push(unreadableFileProblem(kind, name, relative(cli.cwd, unescapeDollars(file)), error));
      });
      if (content !== undefined) contents.set(`${kind}:${name}`, content);
    } else if (variable !== undefined) {
      const env: Partial<Record<string, string>> = cli.env;
      const content = env[variable] ?? (await readFromDotEnv(variable, cli, folder));
      if (content === undefined) {
        problems.push(
          `compose-file: ${kind} ${name} is the variable ${variable}, which is not set. Give it in the input env: ${variable}=…`,
        );
      } else contents.set(`${kind}:${name}`, content);
    }
  }
  return contents;
}

interface FileObject {
  readonly kind: FileObjectKind;
  readonly name: string;
  readonly spec: ComposeObject;
}

function fileObjectsOf(config: ComposeConfig): readonly FileObject[] {
  const of = (kind: FileObjectKind, specs: ComposeConfig['secrets']): readonly FileObject[] =>
    Object.entries(specs ?? {}).map(([name, spec]) => ({ kind, name, spec }));
  return [...of('secret', config.secrets), ...of('config', config.configs)];
}

const readUtf8 = (path: string): Promise<string> => readFile(path, 'utf8');

function unreadableFileProblem(kind: FileObjectKind, name: string, path: string, error: unknown): string {
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
async function readFromDotEnv(
  variable: string,
  cli: ComposeCli,
  folder: string,
): Promise<string | undefined> {
  const probe = {
    services: {
      probe: { image: 'probe', labels: { value: `\${${variable}-}`, set: `\${${variable}+yes}` } },
    },
  };
  const options = [...cli.options.slice(0, 2), '--project-directory', folder, '--file', '-'];
  const { json } = await resolveToJson({ ...cli, options, stdin: JSON.stringify(probe) });
  const labels = asObject(asObject(asObject(asObject(JSON.parse(json))['services'])['probe'])['labels']);
  return labels['set'] === 'yes' ? unescapeDollars(String(labels['value'])) : undefined;
}
