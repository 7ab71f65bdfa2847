import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { frontConfig } from '../../src/edge/front-config.ts';
import { switchToSlot } from '../../src/edge/switch-traffic.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { MemoryEngine } from '../rollout/support/memory-engine.ts';
import { hostileText } from '../support/hostile-text.ts';
import { releaseId } from '../support/identifiers.ts';

const folder = mkdtempSync(join(tmpdir(), 'edge-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the scripts of the edge in a folder of this machine. */
const engine: Engine = Object.assign(new MemoryEngine(), {
  exec: async (_container: string, argv: readonly string[]) => {
    const [shell = '', flag = '', script = '', name = '', _edge, ...args] = argv;
    const printed = execFileSync(shell, [flag, script, name, folder, ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
    return { exitCode: 0, stdout: printed.slice(0, printed.lastIndexOf('sealift-script-ended')), stderr: '' };
  },
});

/** No process gets a NUL, and no name of a container has a line break or is surrounded by spaces. */
const address = hostileText(/[\0\s\p{C}]/gu).filter((text) => text !== '' && text.length < 200);

test('what is written to the files of the edge is only text: 240 hostile addresses', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(address, { minLength: 24, maxLength: 24 }), async (addresses) => {
      writeFileSync(join(folder, 'split'), '0\n');
      await switchToSlot(engine, 'edge', 'green', releaseId('1'), new Map([['web', addresses]]), 'forward');
      const lines = addresses.map((_, index) => readFileSync(join(folder, `green.web.${index}`), 'utf8'));
      expect(lines).toEqual(addresses.map((each) => `${each}\n`));
      const others = readdirSync(folder).filter(
        (name) => !/^(?:split|\.work|(?:green|blue)\.(?:web\.\d+|release))$/.test(name),
      );
      expect(others).toEqual([]);
    }),
    { numRuns: 10 },
  );
});

test("no setting of the certificates changes anything else in Caddy's config: 1,000 hostile ones", () => {
  fc.assert(
    fc.property(hostileText(), hostileText(), (directory, email) => {
      const config = JSON.stringify(frontConfig({ directory, email, ca: undefined }));
      const plain = JSON.stringify(frontConfig({ directory: 'DIRECTORY', email: 'EMAIL', ca: undefined }));
      const quoted = (text: string) => JSON.stringify(text).slice(1, -1).replaceAll('$', '$$$$');
      expect(config).toBe(plain.replace('DIRECTORY', quoted(directory)).replace('EMAIL', quoted(email)));
    }),
    { numRuns: 1_000 },
  );
});
