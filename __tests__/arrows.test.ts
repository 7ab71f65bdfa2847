import { dirname, join, normalize } from 'node:path';
import { expect, test } from '@jest/globals';
import { find, read } from './support/repository.ts';

/**
 * The directories and top-level files of src/, the highest row first. Code imports from lower rows and from its own
 * directory, never from a neighbour in its row: docs/architecture.md, "Where things are".
 */
const ROWS = [
  ['cli'],
  ['init'],
  ['main', 'post'],
  ['commands'],
  ['cluster-lock'],
  ['cluster-deployment', 'compose-file', 'deployment', 'image-lookup', 'lock'],
  ['build-lookup'],
  ['approval', 'cluster-report', 'deployment-report', 'image-layers', 'image-trust', 'report-failure'],
  ['action-context', 'inputs'],
  ['archive', 'tools', 'trust'],
  ['gate', 'image', 'kubernetes', 'report', 'rollout', 'swarm'],
  ['cluster', 'edge', 'transfer'],
  ['engine', 'plan', 'registry', 'release'],
  ['oci'],
  ['run'],
  ['model'],
] as const;

function moduleOf(path: string): string {
  return path.split('/')[1]?.replace(/\.ts$/, '') ?? path;
}

function rowOf(path: string): number {
  return ROWS.findIndex((row) => row.some((name) => name === moduleOf(path)));
}

interface Import {
  readonly from: string;
  readonly to: string;
}

function importsOf(from: string, code: string): readonly Import[] {
  const found = code.matchAll(/^(?:import|export)\b[^;]*?\bfrom '(?<path>\.[^']*)';/gm);
  const loaded = code.matchAll(/\bimport\('(?<path>\.[^']*)'\)/g);
  return [...found, ...loaded].map(({ groups }) => ({
    from,
    to: normalize(join(dirname(from), groups?.['path'] ?? '')),
  }));
}

function pointsDown({ from, to }: Import): boolean {
  return moduleOf(from) === moduleOf(to) || rowOf(from) < rowOf(to);
}

const files = find('src/**/*.ts');
const imports = files
  .flatMap((file) => importsOf(file, read(file)))
  .filter(({ to }) => to.startsWith('src/'));

/** Files that import each other, directly or through others: what is left without the files at both ends of a chain. */
function filesInCircles(edges: readonly Import[]): readonly string[] {
  const inner = edges.filter(
    ({ from, to }) => edges.some((edge) => edge.to === from) && edges.some((edge) => edge.from === to),
  );
  return inner.length < edges.length ? filesInCircles(inner) : [...new Set(inner.map(({ from }) => from))];
}

test('every directory and top-level file of src has its row', () => {
  expect([...new Set(files.map(moduleOf))].sort()).toEqual(ROWS.flat().sort());
});

test('imports point to lower rows only', () => {
  expect(imports.length).toBeGreaterThan(files.length);
  expect(imports.filter((each) => !pointsDown(each))).toEqual([]);
});

test('no files of src import each other in a circle, not even types', () => {
  expect(filesInCircles(imports)).toEqual([]);
});

test('the check of circles finds one behind a chain', () => {
  const edges = ['a b', 'b c', 'c d', 'd b', 'd e'].map((edge) => ({
    from: edge[0] ?? '',
    to: edge[2] ?? '',
  }));
  expect(filesInCircles(edges)).toEqual(['b', 'c', 'd']);
  expect(filesInCircles(edges.slice(0, 3))).toEqual([]);
});

test('the check of imports sees every form of an import', () => {
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
  expect(importsOf('src/report/x.ts', code).map(pointsDown)).toEqual([false, true, true, false]);
});
