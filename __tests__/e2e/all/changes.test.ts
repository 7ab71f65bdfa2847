/** An accessory that is changed for the worse (../changes.test.ts). */
import { expect, test } from '@jest/globals';
import { AccessoryApp } from '../../support/accessory-app.ts';
import { labWith } from '../../support/lab.ts';
import { patienceInput } from '../../support/patience.ts';

const it = new AccessoryApp(await labWith(1));

test('where an accessory that is made again can not become healthy everything is as before', async () => {
  await it.change({ greeting: 'good evening', motto: 'sick', healthy: false });
  const run = await it.deploy({ accessories: 'update', 'health-timeout': patienceInput(60) });
  expect(run.succeeded).toBe(false);
  expect(run.errors[0]?.message).toMatch(/db did not become healthy|not healthy within .* \(db: /);
  expect(run.errors[0]?.message).not.toContain('ROLLBACK INCOMPLETE');
  expect(await it.mottos()).toMatch(/^one\nsick\n(sick\n)*one\n$/);
  expect(await it.greeting()).toBe('hello');
});
