import { expect, test } from '@jest/globals';
import { lossNotices } from '../../../src/release/stack/loss-notices.ts';

const mesh = { target: 8080, published: '80', mode: 'ingress' };
const healthcheck = { test: ['CMD', 'true'] };
const deploy = { update_config: { order: 'start-first' } };
const START = 'new tasks get requests as soon as their process has started';
const ORDER = 'old tasks stop before new ones run';

test.each<[string, Record<string, unknown>, readonly string[]]>([
  ['has all that it needs', { ports: [mesh], healthcheck, deploy }, []],
  ['publishes no port', {}, []],
  ['has neither', { ports: [mesh] }, [START, ORDER]],
  ['has no HEALTHCHECK', { ports: [mesh], deploy }, [START]],
  ['switches its HEALTHCHECK off', { ports: [mesh], deploy, healthcheck: { disable: true } }, [START]],
  ['has none by its test', { ports: [mesh], deploy, healthcheck: { test: ['NONE'] } }, [START]],
  ['stops first', { ports: [mesh], healthcheck }, [ORDER]],
  ['stops first in host mode, behind a balancer', { ports: [{ ...mesh, mode: 'host' }], healthcheck }, []],
  ['is a job', { ports: [mesh], deploy: { mode: 'replicated-job' } }, []],
])('a service that %s', (_, service, says) => {
  const [notice, ...others] = lossNotices({ web: service });
  expect(others).toEqual([]);
  if (says.length === 0) expect(notice).toBeUndefined();
  for (const each of says) expect(notice).toContain(each);
  for (const each of [START, ORDER].filter((one) => !says.includes(one)))
    expect(notice ?? '').not.toContain(each);
});
