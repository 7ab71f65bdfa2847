import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import type { ComposeConfig, ComposeObject } from '../../model/compose-config.ts';
import { inputRef } from '../../model/input-ref.ts';
import { asObject, asText, unescapeDollars } from '../../model/json.ts';
import { byPlace } from '../../model/place-words.ts';
import { type ComposeCli, resolveToJson } from './compose-cli.ts';
import type { FileContents, FileObjectKind } from './inline-contents.ts';

/**
 * Reads the secrets and configs that Compose would read on the machine where it runs: files and variables.
 * @param folder of the first Compose file, where `.env` is
 * @param problems gets a line for each that can't be read
 * @param withoutSecrets stand empty, because another machine has their contents
 */
export async function readFileContents(
  { secrets = {}, configs = {} }: ComposeConfig,
  cli: ComposeCli,
  folder: string,
  problems: string[],
  withoutSecrets = false,
): Promise<FileContents> {
  const contents = new Map<`${FileObjectKind}:${string}`, string>();
  const read = async (kind: FileObjectKind, name: string, spec: ComposeObject): Promise<void> => {
    const file = asText(spec['file']);
    const variable = asText(spec['environment']);
    let content: string | undefined;
    if (kind === 'secret' && withoutSecrets) {
      if (file !== undefined || variable !== undefined) content = '';
    } else if (file !== undefined) {
      const path = unescapeDollars(file);
      content = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        problems.push(unreadableFileProblem(kind, name, relative(cli.cwd, path), error.code));
        return undefined;
      });
    } else if (variable !== undefined) {
      content =
        new Map(Object.entries(cli.env)).get(variable) ?? (await readFromDotEnv(variable, cli, folder));
      if (content === undefined) {
        problems.push(
          `compose-file: ${kind} ${name} is the variable ${variable}, which is not set. Give it in the input "${inputRef('env')}": ${variable}=…`,
        );
      }
    }
    if (content !== undefined) contents.set(`${kind}:${name}`, content);
  };
  for (const [name, spec] of Object.entries(secrets)) await read('secret', name, spec);
  for (const [name, spec] of Object.entries(configs)) await read('config', name, spec);
  return contents;
}

function unreadableFileProblem(
  kind: FileObjectKind,
  name: string,
  path: string,
  code: string | undefined,
): string {
  const why =
    code === 'ENOENT'
      ? `which is not in the checkout. Create it${byPlace(' in a step before this one', '')}, or use environment: with the input "${inputRef('env')}"`
      : code === 'EISDIR'
        ? `which is a folder, and a ${kind} is one file. Name each file`
        : `which can't be read (${code})`;
  return `compose-file: ${kind} ${name} is the file ${path}, ${why}.`;
}

/** A variable that only `.env` sets, as Compose itself reads that file. */
async function readFromDotEnv(
  variable: string,
  cli: ComposeCli,
  folder: string,
): Promise<string | undefined> {
  const labels = { value: `\${${variable}-}`, set: `\${${variable}+yes}` };
  const probe = { services: { probe: { image: 'probe', labels } } };
  const options = [...cli.options.slice(0, 2), '--project-directory', folder, '--file', '-'];
  const { json } = await resolveToJson({ ...cli, options, stdin: JSON.stringify(probe) });
  const { services } = asObject(JSON.parse(json));
  const resolved = asObject(asObject(asObject(services)['probe'])['labels']);
  return resolved['set'] === 'yes' ? unescapeDollars(String(resolved['value'])) : undefined;
}
