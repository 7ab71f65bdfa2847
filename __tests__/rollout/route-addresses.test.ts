import { expect, test } from '@jest/globals';
import type { ContainerDetails } from '../../src/engine/engine.ts';
import { noRunningReplicaText } from '../../src/rollout/route-addresses.ts';
import { releaseId } from '../support/identifiers.ts';
import { details } from './support/memory-engine.ts';

const textFor = (...replicas: readonly ContainerDetails[]): string =>
  noRunningReplicaText('web', releaseId('11111111'), replicas);

test('a route without a running container is reported with the way in which one of its containers ended', () => {
  expect(textFor(details({ state: 'exited', exitCode: 7 }))).toBe(
    'no container of web in release 11111111 is running: it exited with code 7. Deploy again.',
  );
});

test('a route whose containers were removed, or were never started, is reported without a reason', () => {
  const text = 'no container of web in release 11111111 is running. Deploy again.';
  expect(textFor()).toBe(text);
  expect(textFor(details({ state: 'created' }))).toBe(text);
});
