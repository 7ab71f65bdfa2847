#!/usr/bin/env node
import { fileURLToPath } from 'node:url';

if (Number.parseInt(process.versions.node, 10) < 20) {
  console.error(`error: sealift needs Node 20 or later, and this is Node ${process.versions.node}.`);
  process.exit(2);
}
Map.groupBy ??= (items, keyOf) => {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
};
Promise.withResolvers ??= () => {
  const resolvers = {};
  resolvers.promise = new Promise((resolve, reject) => Object.assign(resolvers, { resolve, reject }));
  return resolvers;
};
const { runCli } = await import('./command-line.js');
await runCli(process.argv.slice(2), fileURLToPath(new URL('..', import.meta.url)));
