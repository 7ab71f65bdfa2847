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

interface Arrow {
  readonly from: string;
  readonly to: string;
}

interface Import extends Arrow {
  readonly isAtStart: boolean;
}

function importsOf(from: string, code: string): readonly Import[] {
  const found = code.matchAll(/^(?:import|export)\b[^;]*?\bfrom '(?<path>\.[^']*)';/gm);
  const loaded = code.matchAll(/\bimport\('(?<path>\.[^']*)'\)/g);
  return [...found, ...loaded].map(([text, path = '']) => ({
    from,
    to: normalize(join(dirname(from), path)),
    isAtStart: /^(?:import|export) (?!type)/.test(text),
  }));
}

function pointsDown({ from, to }: Arrow): boolean {
  return moduleOf(from) === moduleOf(to) || rowOf(from) < rowOf(to);
}

const files = find('src/**/*.ts');
const imports = files
  .flatMap((file) => importsOf(file, read(file)))
  .filter(({ to }) => to.startsWith('src/'));

/** Files that import each other, directly or through others: what is left without the files at both ends of a chain. */
function filesInCircles(edges: readonly Arrow[]): readonly string[] {
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

/** The files that Node reads at the start of one, with it: what is imported as a type, or when it is used, is not among them. */
function filesAtStart(entry: string): readonly string[] {
  const read = new Set([entry]);
  for (const from of read)
    for (const each of imports) if (each.from === from && each.isAtStart) read.add(each.to);
  return [...read];
}

test('what deploys to a cluster is not loaded by a run that deploys to hosts', () => {
  const files = filesAtStart('src/main.ts');
  expect(files).toContain('src/commands/deliver.ts');
  const ofClusters =
    /^src\/(?:cluster|swarm|kubernetes|release\/stack|commands\/.*(?:cluster|swarm|kubernetes))/;
  expect(files.filter((file) => ofClusters.test(file))).toEqual([]);
  const ofSwarm = filesAtStart('src/commands/swarm-target.ts');
  expect(ofSwarm.filter((file) => file.startsWith('src/kubernetes/'))).toEqual([]);
});

test('who reports, checks approvals and makes images does not know what runs the containers', () => {
  const own = files.filter((file) => ['report', 'gate', 'image', 'post'].includes(moduleOf(file)));
  expect(own.filter((file) => /\bswarm\b|\bkubernetes\b|\bkubectl\b/i.test(read(file)))).toEqual([]);
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
