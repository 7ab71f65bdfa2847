#!/usr/bin/env node
import { fileURLToPath } from 'node:url';

if (Number.parseInt(process.versions.node, 10) < 24) {
  console.error(`error: sealift needs Node 24 or later, and this is Node ${process.versions.node}.`);
  process.exit(2);
}
const { runCli } = await import('./command-line.js');
await runCli(process.argv.slice(2), fileURLToPath(new URL('..', import.meta.url)));
