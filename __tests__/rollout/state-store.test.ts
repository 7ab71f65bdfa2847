import { beforeEach, describe, expect, test } from '@jest/globals';
import { labelsOf } from '../../src/model/app-environment.ts';
import { HostError } from '../../src/model/errors.ts';
import { readState } from '../../src/rollout/state-store.ts';
import { hostName } from '../support/identifiers.ts';
import { MemoryEngine } from './support/memory-engine.ts';

const APP = { app: 'shop', environment: 'test' };
const FILES = new Map([['records.json', Buffer.from('{}')]]);

/** A host with the volume of the app, whose container was removed. */
let engine: MemoryEngine;
let removed: string[];

beforeEach(() => {
  removed = [];
  const volume = { name: 'shop-test-state', labels: labelsOf(APP) };
  engine = Object.assign(new MemoryEngine(), {
    createVolume: () => Promise.resolve(),
    inspectVolume: () => Promise.resolve(volume),
    inspectImage: () =>
      Promise.resolve({ id: 'sha256:1', repoTags: [], repoDigests: [], layers: [], size: 0, platform: '' }),
    createContainer: () => Promise.resolve('temporary'),
    readFiles: () => Promise.resolve(FILES),
    removeContainer: (id: string) => {
      removed.push(id);
      return Promise.resolve();
    },
  });
});

const broken = (message: string) => () => Promise.reject(new HostError(hostName('ssh://one'), message));

describe('a volume without a container is read through a temporary one', () => {
  test('that is removed afterwards', async () => {
    expect(await readState(engine, APP, [])).toBe(FILES);
    expect(removed).toEqual(['temporary']);
  });

  test('that is removed if it can not be read', async () => {
    Object.assign(engine, { readFiles: broken('timed out') });
    await expect(readState(engine, APP, [])).rejects.toThrow('ssh://one: timed out');
    expect(removed).toEqual(['temporary']);
  });

  test('that stays for the next run if it can not be removed', async () => {
    Object.assign(engine, { removeContainer: broken('in use') });
    expect(await readState(engine, APP, [])).toBe(FILES);
  });

  test('whose read error is reported if it can not be removed either', async () => {
    Object.assign(engine, { readFiles: broken('timed out'), removeContainer: broken('in use') });
    await expect(readState(engine, APP, [])).rejects.toThrow('ssh://one: timed out');
  });
});
