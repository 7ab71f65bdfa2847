import { expect, test } from '@jest/globals';
import { requireBuiltins } from '../../script/lib/required-builtins.ts';

test.each([
  ['import * as http from "node:http";', 'const http = require("node:http");'],
  [
    'import { join as join2, resolve } from "node:path";',
    'const { join: join2, resolve } = require("node:path");',
  ],
  ["import {\n  on,\n  once as once2\n} from 'events';", 'const { on,\n  once: once2 } = require("events");'],
  ['import events from "events";', 'const events = require("events");'],
])('%s is required', (imported, required) => {
  expect(requireBuiltins(imported)).toBe(required);
});

test.each([
  'import { createRequire } from "node:module";',
  'import { runAction } from "./sealift.js";',
  'import { core } from "@actions/core";',
  'const { join } = await import("node:path");',
  'text = `\n  import * as http from "node:http";`;',
])('%s stays', (code) => {
  expect(requireBuiltins(code)).toBe(code);
});
