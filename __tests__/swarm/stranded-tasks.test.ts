import { expect, test } from '@jest/globals';
import { strandedTasks } from '../../src/swarm/stranded-tasks.ts';
import { service, task } from './support/services.ts';

const lost = new Set(['n2']);
const updating = service({ update: { state: 'updating', message: '' } });

test('a task that was to start on a node that is gone is stranded, while the update waits for it', () => {
  const stranded = task({ nodeId: 'n2', state: 'starting', desiredState: 'shutdown' });
  expect(strandedTasks(updating, { tasks: [stranded], lost })).toEqual([stranded.id]);
  expect(strandedTasks(service(), { tasks: [stranded], lost })).toEqual([]);
  expect(strandedTasks(updating, { tasks: [stranded], lost: new Set() })).toEqual([]);
});

test.each([
  ['runs there as far as the swarm knows', { state: 'running', desiredState: 'shutdown' } as const],
  ['has ended there', { state: 'failed', desiredState: 'shutdown' } as const],
  ['is still meant to start there', { state: 'starting', desiredState: 'running' } as const],
  ['is of another service', { serviceId: 'db', state: 'starting', desiredState: 'shutdown' } as const],
])('one that %s is not', (_, given) => {
  expect(strandedTasks(updating, { tasks: [task({ nodeId: 'n2', ...given })], lost })).toEqual([]);
});
