import { describe, expect, test } from '@jest/globals';
import { find, read } from './support/repository.ts';

const lockfile: { packages: Record<string, { resolved?: string; integrity?: string }> } = JSON.parse(
  read('package-lock.json'),
);
const packages = Object.entries(lockfile.packages).filter(([path]) => path !== '');

test('the lockfile pins every package by its checksum', () => {
  expect(packages.filter(([, { integrity }]) => integrity === undefined)).toEqual([]);
});

test('the lockfile names no registry, so it works with any mirror', () => {
  expect(packages.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
});

test('package.json pins every package to one version', () => {
  const { dependencies, devDependencies, optionalDependencies, overrides } = JSON.parse(read('package.json'));
  const pins = Object.entries<string>({
    ...dependencies,
    ...devDependencies,
    ...optionalDependencies,
    ...overrides,
  });
  expect(pins.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

test('package.json lists as dependencies exactly the packages that src imports', () => {
  const { dependencies } = JSON.parse(read('package.json'));
  const code = find('src/**/*.ts').map(read).join('\n');
  const imported = [
    ...code.matchAll(/(?:\bfrom |\bimport\()'(?<name>@[^/']+\/[^/']+|[^.@/'][^/':]*)(?:\/[^']*)?'/g),
  ]
    .map(({ groups }) => groups?.['name'])
    .filter((name) => name !== 'node');
  expect(new Set(Object.keys(dependencies))).toEqual(new Set(imported));
});

describe('an exported name of src, or a class', () => {
  const declarations = find('src/**/*.ts').flatMap((file) => {
    const names = read(file).matchAll(
      /^(?:export (?:async )?(?:function\*?|const|let|class|interface|type)|class) (?<name>[\w$]+)/gm,
    );
    return [...new Set([...names].map(({ groups }) => groups?.['name'] ?? ''))].map((name) => ({
      name,
      file,
    }));
  });

  test('is declared in one file only', () => {
    expect(declarations.length).toBeGreaterThan(1000);
    const files = Map.groupBy(declarations, ({ name }) => name);
    const shared = [...files.values()].filter((places) => places.length > 1).flat();
    expect(shared).toEqual([]);
  });
});
