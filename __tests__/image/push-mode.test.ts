import { expect, test } from '@jest/globals';
import { builderDriverIn } from '../../src/image/push-mode.ts';

test.each([
  ['Name:          default\nDriver:        docker\nLast Activity: 2026-01-01\n\nNodes:\n', 'docker'],
  ['Name:   builder-1\nDriver: docker-container\n\nNodes:\nName:  builder-10\n', 'docker-container'],
  ['Name:   builder-1\nDriver Options: network="host"\nDriver: remote\n', 'remote'],
  ['ERROR: no builder "x" found\n', undefined],
])('the driver of the builder is read from the output of buildx inspect: %j', (printed, driver) => {
  expect(builderDriverIn(printed)).toBe(driver);
});
