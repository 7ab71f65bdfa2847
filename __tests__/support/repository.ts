import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/** The repository's files that match, relative to its top, sorted. */
export function find(...patterns: readonly string[]): string[] {
  return globSync(patterns, { cwd: ROOT, exclude: ['node_modules'] }).sort();
}

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
