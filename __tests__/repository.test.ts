import { expect, test } from '@jest/globals';
import { find, read } from './support/repository.ts';

const lockfile: { packages: Record<string, { resolved?: string; integrity?: string }> } = JSON.parse(
  read('package-lock.json'),
);
const packages = Object.entries(lockfile.packages).filter(([path]) => path !== '');

test('the lockfile pins each package by its checksum', () => {
  expect(packages.filter(([, { integrity }]) => integrity === undefined)).toEqual([]);
});

test('the lockfile names no registry, so it works behind any mirror', () => {
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

test('what is bundled is what is imported: no package more', () => {
  const { dependencies } = JSON.parse(read('package.json'));
  const code = find('src/**/*.ts').map(read).join('\n');
  const imported = [...code.matchAll(/\bfrom '(?<name>@[^/']+\/[^/']+|[^.@/'][^/':]*)(?:\/[^']*)?';/g)]
    .map(({ groups }) => groups?.['name'])
    .filter((name) => name !== 'node');
  expect(new Set(Object.keys(dependencies))).toEqual(new Set(imported));
});
