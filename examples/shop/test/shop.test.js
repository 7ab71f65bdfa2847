import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { about } from '../about.js';
import { shop } from '../server.js';
import { read } from '../store.js';

/** A database in the memory of this process. */
const kept = new Map();
const store = {
  async ask(command, key) {
    switch (command) {
      case 'PING':
        return 'PONG';
      case 'INCR':
        return kept.set(key, (kept.get(key) ?? 0) + 1).get(key);
      case 'GET':
        return kept.get(key) ?? null;
      case 'LPUSH':
        return kept.set(key, (kept.get(key) ?? 0) + 1).get(key);
      default:
        return kept.get(key) ?? 0;
    }
  },
};

let address;
const server = shop(store);
before(async () => {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());

test('the page says which version answers, and counts', async () => {
  await fetch(address);
  const text = await (await fetch(address)).text();
  assert.match(text, new RegExp(`version ${about.version}`));
  assert.match(text, /<b>2<\/b><span>visits/);
});

test('an order waits to be packed', async () => {
  const answer = await fetch(`${address}/orders`, { method: 'POST', redirect: 'manual' });
  assert.equal(answer.status, 303);
  assert.equal((await (await fetch(`${address}/numbers`)).json()).waiting, 1);
});

test('is up while the database answers', async () => {
  assert.equal((await fetch(`${address}/up`)).status, 200);
});

test('other pages are not there', async () => {
  assert.equal((await fetch(`${address}/admin`)).status, 404);
});

test('answers of the database are read piece by piece', () => {
  const whole = Buffer.from('*2\r\n$6\r\norders\r\n:3\r\n');
  assert.deepEqual(read(whole, 0), { value: ['orders', 3], end: whole.length });
  assert.equal(read(whole.subarray(0, 12), 0), undefined);
  assert.equal(read(Buffer.from('$-1\r\n'), 0).value, null);
});
