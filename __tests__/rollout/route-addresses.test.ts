import { describe, expect, test } from '@jest/globals';
import type { ContainerDetails } from '../../src/engine/engine.ts';
import { addressesOfFormer, noRunningReplicaText } from '../../src/rollout/route-addresses.ts';
import { failure } from '../engine/step-context.ts';
import { makeRelease } from '../plan/world.ts';
import { releaseId } from '../support/identifiers.ts';
import { details, MemoryEngine } from './support/memory-engine.ts';
import { testHostContext } from './support/watched-engine.ts';

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

describe('a release that gets its requests back', () => {
  const release = makeRelease('11111111', { web: 'served', api: 'served' });
  const [web = '', api = ''] = release.routes.map(({ id }) => id);
  const container = (service: string) => ({
    ...details({ state: 'exited' }),
    ...{ id: service, name: `shop-${service}-1`, ports: [], networks: [], volumes: [] },
    labels: { 'com.docker.compose.service': service, 'com.docker.compose.container-number': '1' },
  });
  const complete = (services: readonly string[], addresses: Readonly<Record<string, readonly string[]>>) => {
    const listContainers = () => Promise.resolve(services.map(container));
    const engine = Object.assign(new MemoryEngine(), { listContainers });
    const context = testHostContext(engine, new AbortController().signal);
    return addressesOfFormer(context, release, new Map(Object.entries(addresses)));
  };
  const running = { [web]: ['shop-web-1:80'], [api]: [] };

  test('gets them although one of its services is dead, whose requests go to the containers that it has', async () => {
    const found = await complete(['web', 'api'], running);
    expect(Object.fromEntries(found)).toEqual({ [web]: ['shop-web-1:80'], [api]: ['shop-api-1:80'] });
  });

  test('gets those of its other services if the containers of the dead one are gone', async () => {
    expect(Object.fromEntries(await complete(['web'], running))).toEqual({ [web]: ['shop-web-1:80'] });
  });

  test('does not get them if none of its services runs', async () => {
    const error = await failure(complete(['web', 'api'], { [web]: [], [api]: [] }));
    expect(error.message).toMatch(/no container of web in release 11111111 is running/);
  });
});
