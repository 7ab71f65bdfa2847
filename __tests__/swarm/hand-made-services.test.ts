import { expect, test } from '@jest/globals';
import { hasSettledOn } from '../../src/swarm/hand-made-services.ts';
import { service } from './support/services.ts';

test.each([
  ['completed', true],
  ['updating', true],
  [undefined, true],
  ['paused', false],
  ['rollback_started', false],
  ['rollback_completed', false],
  ['rollback_paused', false],
] as const)('a service whose update is %s has its image to stay: %s', (state, settled) => {
  const made = service({ update: { state, message: '' } });
  expect(hasSettledOn(made, 'shop@new')).toBe(settled);
  expect(hasSettledOn(made, 'shop@old')).toBe(false);
});
