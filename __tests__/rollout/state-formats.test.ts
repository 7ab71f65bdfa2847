import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Engine } from '../../src/engine/engine.ts';
import { Fields } from '../../src/engine/fields.ts';
import {
  parseContainerDetails,
  parseContainerSummary,
  parseNamedObject,
  parseNetworkSummary,
} from '../../src/engine/responses.ts';
import { findRelease } from '../../src/release/find-release.ts';
import { RECORD_FORMAT } from '../../src/release/record-format.ts';
import { areUnreadable, readRecords, writeRecords } from '../../src/release/records.ts';
import { observeHost } from '../../src/rollout/observe-host.ts';
import { type HostState, readStateFixture, STATE_FIXTURES } from '../support/state-fixtures.ts';
import { MemoryEngine } from './support/memory-engine.ts';

/** What a host has in each format in which Sealift ever wrote it, recorded on a real one by e2e/all/state-format.test.ts. */

const FORMATS = readdirSync(STATE_FIXTURES).map(Number);

/** An engine that answers what was recorded. */
function engineWith({ containers, details, networks, volumes, files }: HostState): Engine {
  return Object.assign(new MemoryEngine(), {
    listContainers: async () => containers.map((each) => parseContainerSummary(new Fields(each))),
    inspectContainer: async (id: string) =>
      parseContainerDetails(details.find((each) => new Fields(each).text('Id') === id)),
    listNetworks: async () => networks.map((each) => parseNetworkSummary(new Fields(each))),
    listVolumes: async () => volumes.map((each) => parseNamedObject(new Fields(each))),
    readFiles: async () => buffers(files),
  });
}

const buffers = (files: HostState['files']): ReadonlyMap<string, Buffer> =>
  new Map(Object.entries(files).map(([path, content]) => [path, Buffer.from(content)]));

test('each format that was ever written has a fixture', () => {
  expect(FORMATS.toSorted((one, other) => one - other)).toEqual(
    Array.from({ length: RECORD_FORMAT }, (_, index) => index + 1),
  );
});

describe.each(FORMATS)('state of format %d', (format) => {
  const { state, expected } = readStateFixture(format);

  test('is read: what is live, what was live before, and what failed', async () => {
    const { host, records } = await observeHost(engineWith(state), expected);
    expect(host).toMatchObject({
      accepted: expected.live,
      traffic: { release: expected.live },
      edge: { state: 'running' },
      frontRunning: true,
      accessories: [{ service: 'cache', state: 'running' }],
    });
    expect(host.traffic).not.toHaveProperty('splitWith');
    expect(host.releases.map(({ id }) => id).toSorted()).toEqual(
      [expected.previous, expected.live, expected.failed].toSorted(),
    );
    expect(host.releases.every(({ record, containers }) => record && containers.length === 1)).toBe(true);
    expect(findRelease(records, host, undefined).id).toBe(expected.previous);
    expect(areUnreadable(buffers(state.files))).toBe(false);
  });

  // Another edge interrupts visitors. If that must be, the record of the fixture says it: `edge` in expected.json.
  test('needs no other edge', async () => {
    const { host } = await observeHost(engineWith(state), expected);
    const live = host.releases.find(({ id }) => id === expected.live);
    expect(live?.edgeFingerprint).toBe(expected.edge);
  });
});

test('what is written now is what was recorded of this format: an older Sealift of it reads that', () => {
  const { state } = readStateFixture(RECORD_FORMAT);
  const { file, content } = writeRecords(readRecords(buffers(state.files)));
  expect(content).toBe(state.files[file]);
});
