import { isBuiltin } from 'node:module';

/** `import * as http from "node:http";`, `import { join as join2, resolve } from "node:path";`, `import events from "events";` */
const IMPORT =
  /^import (?:\* as (?<all>\w+)|\{(?<some>[^}]*)\}|(?<one>\w+)) from ["'](?<module>[^"']+)["'];$/gm;

/**
 * Takes modules of Node by `require`, which the bundle has, in place of `import`. To import one, Node reads everything that it
 * exports, and so loads what few programs need, such as undici for the `WebSocket` of `node:http`: 17 of 150 ms of CPU of a start.
 */
export function requireBuiltins(code: string): string {
  return code.replaceAll(IMPORT, (statement, ...details: readonly unknown[]) => {
    const { all, some, one, module } = details.at(-1) as Readonly<Record<string, string | undefined>>;
    if (module === undefined || module === 'node:module' || !isBuiltin(module)) return statement;
    const names = some === undefined ? (all ?? one) : `{ ${some.trim().replaceAll(' as ', ': ')} }`;
    return `const ${names} = require("${module}");`;
  });
}
