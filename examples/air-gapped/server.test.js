import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { server } from './server.js';

before(() => new Promise((resolve) => server.listen(0, resolve)));
after(() => server.close());

test('greets the visitor', async () => {
  const response = await fetch(`http://127.0.0.1:${server.address().port}/`);
  assert.match(await response.text(), /^Hello from version /);
});
