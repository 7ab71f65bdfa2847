/**
 * Finds keys in a YAML file by their indentation, to name the line that an error is about. It reads block mappings, as
 * Compose files and workflows are written; what is written in another way (`{…}`, anchors in the path) is not found.
 */

interface KeyLine {
  /** Number of the line, from 1. */
  readonly line: number;
  readonly indent: number;
  readonly key: string;
}

/** The key that a line begins with. A single pattern for it would take far longer than a long line is. */
function keyIn(line: string): string | undefined {
  const text = line.trimStart();
  const [quote = ''] = text;
  if (quote === '"' || quote === "'") {
    const end = text.indexOf(quote, 1);
    return end > 1 && /^ *:(?: |$)/.test(text.slice(end + 1)) ? text.slice(1, end) : undefined;
  }
  const end = text.search(/:(?: |$)/);
  const key = text.slice(0, Math.max(end, 0)).trimEnd();
  return key === '' || /["']|\s#/.test(key) ? undefined : key;
}

/** The keys of the mapping at a path, each with its line; empty if the path is not found. */
function keysAt(lines: readonly string[], path: readonly string[]): readonly KeyLine[] {
  let [from, to, parent] = [0, lines.length, -1];
  for (const key of path) {
    const found = keysWithin(lines, from, to, parent).find((each) => each.key === key);
    if (found === undefined) return [];
    [from, to, parent] = [found.line, endOfBlock(lines, found), found.indent];
  }
  return keysWithin(lines, from, to, parent);
}

/** The keys of one mapping: those that are as far to the right as its first one. What is deeper belongs to one of them. */
function keysWithin(lines: readonly string[], from: number, to: number, parent: number): readonly KeyLine[] {
  let level: number | undefined;
  const keys: KeyLine[] = [];
  for (const [index, text] of lines.slice(from, to).entries()) {
    if (/^\s*(?:#|$)/.test(text)) continue;
    const indent = text.search(/\S/);
    level ??= indent;
    if (level <= parent) return [];
    const key = keyIn(text);
    if (indent === level && key !== undefined) keys.push({ line: from + index + 1, indent, key });
  }
  return keys;
}

/** The index of the first line after a key and everything that belongs to it. */
function endOfBlock(lines: readonly string[], { line, indent }: KeyLine): number {
  const next = lines.findIndex(
    (text, index) => index >= line && !/^\s*(?:#|$)/.test(text) && text.search(/\S/) <= indent,
  );
  return next < 0 ? lines.length : next;
}

/**
 * The line of a key, from 1: of the last part of the path that is found.
 * @param path `['services', 'web', 'ports']`
 * @returns `undefined` if not even its first part is found
 */
export function lineOfKey(yaml: string, path: readonly string[]): number | undefined {
  const lines = yaml.split(/\r?\n/);
  for (let length = path.length; length > 0; length -= 1) {
    const key = path[length - 1];
    const found = keysAt(lines, path.slice(0, length - 1)).find((each) => each.key === key);
    if (found !== undefined) return found.line;
  }
  return undefined;
}

/** The keys of the mapping at a path: `['on', 'workflow_dispatch', 'inputs']`. */
export function keysOfMapping(yaml: string, path: readonly string[]): readonly string[] {
  return keysAt(yaml.split(/\r?\n/), path).map(({ key }) => key);
}

/** The lines that belong to the key at a path, each with its number from 1; empty if it is not found. */
export function linesOfKey(
  yaml: string,
  path: readonly string[],
): readonly { readonly number: number; readonly text: string }[] {
  const lines = yaml.split(/\r?\n/);
  const found = keysAt(lines, path.slice(0, -1)).find(({ key }) => key === path.at(-1));
  if (found === undefined) return [];
  return lines
    .slice(found.line, endOfBlock(lines, found))
    .map((text, index) => ({ number: found.line + index + 1, text }));
}
