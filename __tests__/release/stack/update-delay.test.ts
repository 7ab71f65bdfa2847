import { expect, test } from '@jest/globals';
import { withUpdateDelay } from '../../../src/release/stack/update-delay.ts';

const delayOf = (deploy: Readonly<Record<string, unknown>>): unknown =>
  withUpdateDelay({ image: 'shop', deploy })['deploy'];

test.each([
  ['several replicas', { replicas: 2 }],
  ['a task on each node', { mode: 'global' }],
  ['a delay of 0', { replicas: 2, update_config: { delay: '0s', order: 'start-first' } }],
])('an update of %s waits between two tasks, so that a failure of the first ends it', (_, deploy) => {
  const update = 'update_config' in deploy ? deploy.update_config : {};
  expect(delayOf(deploy)).toEqual({ ...deploy, update_config: { ...update, delay: '250ms' } });
});

test.each([
  ['one replica', { replicas: 1 }],
  ['a service that says nothing', {}],
  ['a delay of its own', { replicas: 2, update_config: { delay: '10s' } }],
  ['an update that goes on after a failure', { replicas: 2, update_config: { failure_action: 'continue' } }],
  ['a job', { mode: 'replicated-job', replicas: 2 }],
])('the update of %s stays as it is', (_, deploy) => {
  expect(delayOf(deploy)).toEqual(deploy);
});
