/** An engine that hangs in one call, although it answers all others, holds no deploy for ever. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { appInVersions } from '../../support/app-in-versions.ts';
import { EngineProxy } from '../../support/lab/engine-proxy.ts';
import { labWith, serverOf } from '../../support/lab.ts';
import { succeeded } from '../../support/test-app.ts';

const lab = await labWith(1);
const versions = appInVersions({ lab, stem: 'hanging' });

let folder: string;
let proxy: EngineProxy;
let hangs = false;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'h-'));
  proxy = new EngineProxy(lab, serverOf(lab), async ({ what }) => {
    if (!hangs || !/^PUT .*-records\/archive$/.test(what)) return;
    hangs = false;
    await new Promise(() => undefined);
  });
  await proxy.listen(join(folder, 'sock'));
});
afterAll(async () => {
  proxy.close();
  await rm(folder, { recursive: true, force: true });
});

test('the deploy fails when the call has taken too long, says so, and the live release serves on', async () => {
  const load = await versions.visit({ visitors: 1, pause: 40 });
  const run = await versions.deploy(
    {},
    { hosts: `unix://${join(folder, 'sock')}` },
    {
      interrupt: {
        // The release is recorded by then; the next write is its acceptance.
        when: /^Check:/,
        how: () => {
          hangs = true;
        },
      },
    },
  );
  expect(run.succeeded).toBe(false);
  expect(run.errors[0]?.message).toMatch(
    /could not write .* of container .*-records: its Docker engine has not answered within 2m\. It hangs/,
  );
  load.expect(versions.live);
  await load.answered(versions.live, 50);
  expect((await load.stop()).failures).toEqual([]);
  succeeded(await versions.deploy());
  versions.stays();
  expect(await versions.app.version()).toBe(versions.live);
});
