/** edge: none: a proxy that is there already finds releases by their name on its network. */
import { expect, test } from '@jest/globals';
import { labWith } from '../support/lab.ts';
import { startLoad } from '../support/load/load.ts';
import { ProxiedApp } from '../support/proxied-app.ts';
import { succeeded } from '../support/test-app.ts';

const it = new ProxiedApp(await labWith(1));

test('behind a proxy of the user’s own releases follow each other without a lost request, and no edge is made', async () => {
  const first = succeeded(await it.deploy('1'));
  expect(first.log).toMatch(/web: internal/);
  const load = startLoad(it.url);
  try {
    await load.answered('1', 20);
    const run = succeeded(await it.deploy('2'));
    expect(run.log).toMatch(new RegExp(`watch ${run.outputs['release']} for 5s`));
    await load.answered('2', 20);
  } finally {
    expect((await load.stop()).failures).toEqual([]);
  }
  expect((await it.names()).filter((name) => name.endsWith('-edge'))).toEqual([]);
});
