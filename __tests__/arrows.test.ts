import { dirname, join, normalize } from 'node:path';
import { expect, test } from '@jest/globals';
import { find, read } from './support/repository.ts';

/**
 * The rooms of src/, the highest first. A room imports from the rows below its own and from itself, never from a neighbour
 * in its row: docs/architecture.md, "Rooms".
 */
const ROWS = [
  ['main', 'post'],
  ['commands'],
  ['deployment', 'image-lookup'],
  ['deployment-report', 'image-layers'],
  ['action-context', 'inputs', 'step-folder'],
  ['image', 'report', 'rollout'],
  ['edge'],
  ['engine', 'plan', 'release'],
  ['run'],
  ['model'],
] as const;

function roomOf(path: string): string {
  return path.split('/')[1]?.replace(/\.ts$/, '') ?? path;
}

function rowOf(room: string): number {
  return ROWS.findIndex((row) => row.some((name) => name === room));
}

interface Arrow {
  readonly from: string;
  readonly to: string;
}

function importsOf(from: string, code: string): readonly Arrow[] {
  const found = code.matchAll(/^(?:import|export)\b[^;]*?\bfrom '(?<path>\.[^']*)';/gm);
  const loaded = code.matchAll(/\bimport\('(?<path>\.[^']*)'\)/g);
  return [...found, ...loaded].map(({ groups }) => ({
    from,
    to: normalize(join(dirname(from), groups?.['path'] ?? '')),
  }));
}

function runsDown({ from, to }: Arrow): boolean {
  return roomOf(from) === roomOf(to) || rowOf(roomOf(from)) < rowOf(roomOf(to));
}

const files = find('src/**/*.ts');
const arrows = files.flatMap((file) => importsOf(file, read(file)));

test('every room has its row', () => {
  expect([...new Set(files.map(roomOf))].sort()).toEqual(ROWS.flat().sort());
});

test('imports run downwards', () => {
  expect(arrows.length).toBeGreaterThan(files.length);
  expect(arrows.filter((arrow) => !runsDown(arrow))).toEqual([]);
});

test('an import in any form is seen', () => {
  const code = `import type { A } from '../rollout/execute-plan.ts';
import { b, type C } from '../plan/plan.ts';
export { d } from './log-lines.ts';
const later = await import('../main.ts');
`;
  expect(importsOf('src/report/x.ts', code).map(({ to }) => to)).toEqual([
    'src/rollout/execute-plan.ts',
    'src/plan/plan.ts',
    'src/report/log-lines.ts',
    'src/main.ts',
  ]);
  expect(importsOf('src/report/x.ts', code).map(runsDown)).toEqual([false, true, true, false]);
});
