import { expect, test } from '@jest/globals';
import { SessionSlots } from '../../src/engine/session-slots.ts';
import type { SshConnection } from '../../src/engine/ssh-host.ts';
import { Tail } from '../../src/run/tail.ts';

const connection = (name: string): SshConnection => ({ sessionArguments: [name], stderr: new Tail(1) });

test('each connection has as many sessions as sshd gives on it, and who finds none waits for the next that ends', async () => {
  const slots = new SessionSlots();
  slots.add(connection('one'), 1);
  slots.add(connection('two'), 2);
  expect(slots.size).toBe(3);
  const [taken, ...others] = [await slots.take(), await slots.take(), await slots.take()];
  const names = [taken, ...others].map((slot) => slot.connection.sessionArguments[0]);
  expect(names).toEqual(['one', 'two', 'two']);

  const order: string[] = [];
  const waiting = ['first', 'second'].map(async (name) => {
    const slot = await slots.take();
    order.push(name);
    return slot;
  });
  taken.release();
  taken.release();
  const first = await waiting[0];
  expect(order).toEqual(['first']);
  expect(first?.connection).toBe(taken.connection);
  first?.release();
  await waiting[1];
  expect(order).toEqual(['first', 'second']);
});
