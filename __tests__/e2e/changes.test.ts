/** What counts as a change: the configuration, an accessory's definition, force; and what does not. */
import { expect, test } from '@jest/globals';
import { AccessoryApp } from '../support/accessory-app.ts';
import type { ActionRun } from '../support/action.ts';
import { labWith } from '../support/lab.ts';
import { reportOf, succeeded } from '../support/test-app.ts';

const it = new AccessoryApp(await labWith(1));
const noticesOf = (run: ActionRun): string => run.notices.map(({ message }) => message).join('\n');

test('a deploy that is forced makes a new release of the same, which is then what is live', async () => {
  const forced = succeeded(await it.deploy({ force: 'true' }));
  const { release } = forced.outputs;
  expect(reportOf(forced).result).toBe('deployed');
  expect(release).not.toBe(it.first);
  expect(await it.app.release(release)).toEqual({ web: 'running' });
  expect(await it.app.release(it.first)).toEqual({ web: 'exited' });

  const again = succeeded(await it.deploy());
  expect(reportOf(again).result).toBe('unchanged');
  expect(again.outputs['release']).toBe(release);
});

test('another configuration is a release with the image that is there, and leaves an accessory whose definition has changed too', async () => {
  const { Id } = await it.database();
  await it.change({ greeting: 'good evening', motto: 'two' });
  const run = succeeded(await it.deploy());
  expect(reportOf(run).result).toBe('deployed');
  expect(await it.greeting()).toBe('good evening');
  expect(noticesOf(run)).toContain('db: its definition has changed. Accessories are left as they are');
  expect((await it.database()).Id).toBe(Id);
  expect(await it.mottos()).toBe('one\n');
});

test('an accessory whose definition has changed is made again where that is asked for, although nothing else has changed; its volume stays', async () => {
  const { Id } = await it.database();
  const run = succeeded(await it.deploy({ accessories: 'update' }));
  expect((await it.database()).Id).not.toBe(Id);
  expect(await it.mottos()).toBe('one\ntwo\n');
  expect(noticesOf(run)).not.toContain('its definition has changed');

  const again = succeeded(await it.deploy({ accessories: 'update' }));
  expect(reportOf(again).result).toBe('unchanged');
});
