import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

/** The directories that hold an action.yml and a README.md that describes it. */
export const ACTIONS = [
  '.',
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
];

/** The part of an action.yml that the tables need. Another test checks that the whole file is valid. */
export interface ActionFile {
  readonly inputs?: Readonly<Record<string, Input>>;
  readonly outputs?: Readonly<Record<string, { readonly description: string }>>;
}

interface Input {
  readonly description: string;
  readonly required?: boolean;
  readonly default?: string | number | boolean;
}

/** The READMEs, and the types of inputs, that differ from an action.yml: path → the corrected text. */
export async function outdatedFiles(root: string): Promise<Map<string, string>> {
  const outdated = new Map<string, string>();
  const names = new Set<string>();
  for (const folder of ACTIONS) {
    const action: ActionFile = parse(await readFile(join(root, folder, 'action.yml'), 'utf8'));
    const path = join(root, folder, 'README.md');
    const readme = await readFile(path, 'utf8');
    const wanted = fillIn(readme, action, path);
    if (wanted !== readme) outdated.set(path, wanted);
    for (const name of Object.keys(action.inputs ?? {})) names.add(name);
  }
  const types = join(root, 'script/lib/action-yml.d.ts');
  const wanted = inputTypes([...names].sort());
  if (wanted !== (await readFile(types, 'utf8'))) outdated.set(types, wanted);
  return outdated;
}

/** The declaration of an imported action.yml, so that the code can't read an input that no action has. */
export function inputTypes(names: readonly string[]): string {
  const lines = ['   '];
  for (const name of names) {
    const longer = `${lines.at(-1)} | '${name}'`;
    if (longer.length > 110) lines.push(`    | '${name}'`);
    else lines.splice(-1, 1, longer);
  }
  return `/**
 * Written by script/docs from each action.yml. This is what src/ gets when it imports one (action-inputs.ts): the default of each
 * input, '' where there is none.
 */
declare module '*/action.yml' {
  // biome-ignore format: one line for each name would be a long file
  type InputName =
${lines.join('\n')};
  const inputs: Readonly<Partial<Record<InputName, string>>>;
  export default inputs;
}
`;
}

/**
 * The README with the tables of the action between its markers `<!-- inputs -->` … `<!-- /inputs -->`, and the same for
 * outputs.
 *
 * @throws Error if the action has inputs or outputs, but the README has no markers for them
 */
export function fillIn(readme: string, action: ActionFile, path: string): string {
  const tables = { inputs: inputTable(action.inputs ?? {}), outputs: outputTable(action.outputs ?? {}) };
  let text = readme;
  for (const [name, table] of Object.entries(tables)) {
    if (table === undefined) continue;
    const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from === -1 || to < from)
      throw new Error(`${path} needs the markers ${begin} and ${end}, in this order.`);
    text = `${text.slice(0, from + begin.length)}\n${table}\n${text.slice(to)}`;
  }
  return text;
}

function inputTable(inputs: Readonly<Record<string, Input>>): string | undefined {
  const rows = Object.entries(inputs).map(([name, input]) => [
    code(name),
    sentence(input.description),
    input.required === true ? 'required' : code(String(input.default ?? '').trim()),
  ]);
  return table(['Input', 'Description', 'Default'], rows);
}

function outputTable(
  outputs: Readonly<Record<string, { readonly description: string }>>,
): string | undefined {
  const rows = Object.entries(outputs).map(([name, output]) => [code(name), sentence(output.description)]);
  return table(['Output', 'Description'], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string | undefined {
  if (rows.length === 0) return undefined;
  const rule = head.map(() => '---');
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** In a cell, a `|` would end the cell, also inside code, and a line break would end the row. */
function sentence(text: string): string {
  return text.trim().replaceAll('|', '\\|').replaceAll('\n', '<br>');
}

function code(text: string): string {
  return text === '' ? '' : `\`${text.replaceAll('|', '\\|').replaceAll('\n', ' ')}\``;
}
