import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';

const { REDIS } = process.env;

test('the database answers', { skip: REDIS === undefined && 'REDIS is not set' }, async () => {
  const [host, port] = REDIS.split(':');
  const socket = connect({ host, port: Number(port) });
  socket.write('PING\r\n');
  const [answer] = await once(socket, 'data');
  assert.equal(answer.toString(), '+PONG\r\n');
  socket.end();
});
