import { describe, expect, test } from '@jest/globals';
import type { ReleaseId } from '../../src/model/identifiers.ts';
import type { PinnedImage } from '../../src/model/image.ts';
import { outputsOf } from '../../src/report/outputs.ts';
import { emptyReport } from '../../src/report/report-draft.ts';
import { outputsOf as declaredOutputs } from '../support/documents.ts';
import { hostName, releaseId } from '../support/identifiers.ts';
import { read } from '../support/repository.ts';
import { SAMPLES } from './samples.ts';

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const image = (name: string, letter: string): PinnedImage => `${name}@${digest(letter)}` as PinnedImage;

describe('the outputs image and digest', () => {
  test.each<[string, Readonly<Record<string, PinnedImage>>, string, string]>([
    ['empty without an image', {}, '', ''],
    ['empty for an image that is not built yet', { web: image('shop', '0') }, '', ''],
    ['one value for one image', { web: image('shop', 'a') }, image('shop', 'a'), digest('a')],
    [
      'one value for an image that several services run',
      { web: image('shop', 'a'), worker: image('shop', 'a') },
      image('shop', 'a'),
      digest('a'),
    ],
    [
      'one line per service for several images',
      { web: image('web', 'a'), api: image('api', 'b') },
      `web=${image('web', 'a')}\napi=${image('api', 'b')}`,
      `web=${digest('a')}\napi=${digest('b')}`,
    ],
  ])('are %s', (_, images, expectedImage, expectedDigest) => {
    expect(outputsOf({ ...SAMPLES.deployed, images })).toMatchObject({
      image: expectedImage,
      digest: expectedDigest,
    });
  });
});

describe('the outputs', () => {
  test('of a deploy name the live release and the previous one', () => {
    expect(outputsOf(SAMPLES.deployed)).toMatchObject({
      tags: '4be0d1c9a7f6e5d4c3b2a190817263544f5e6d7c\nlatest\nv1.4.0',
      release: '3f2a9c1e',
      'previous-release': '9b1c44d0',
      'rolled-back': 'false',
      'environment-url': 'https://shop.example.com/up',
    });
  });

  test('of a deploy that was rolled back name the release that is live now', () => {
    expect(outputsOf(SAMPLES['rolled-back'])).toMatchObject({ release: '9b1c44d0', 'rolled-back': 'true' });
  });

  test('of a failure before anything is known are empty, and never "undefined"', () => {
    const { report = '', ...others } = outputsOf(SAMPLES.failed);
    expect(Object.values(others).join()).not.toContain('undefined');
    expect(JSON.parse(report)).toMatchObject({ result: 'failed', hosts: [] });
  });

  test.each([
    ['deliver', ''],
    ['build', 'build'],
    ['deploy', 'deploy'],
    ['rollback', 'rollback'],
    ['status', 'status'],
    ['gate', 'gate'],
    ['remove', 'remove'],
  ] as const)('of %s are those that its action.yml declares, and no others', (command, part) => {
    const given = Object.keys(outputsOf(emptyReport(command, {})));
    expect(new Set(given)).toEqual(new Set(declaredOutputs(part)));
  });
});

describe('the output healthy', () => {
  const host = (id: string, healthy: boolean) => ({
    ...{ host: hostName('one'), was: releaseId(id), is: releaseId(id), why: '', kept: [] },
    healthy,
  });
  const status = { ...SAMPLES.status, live: releaseId('a') };

  test('is true if every host serves the one release and is healthy', () => {
    expect(outputsOf({ ...status, hosts: [host('a', true), host('a', true)] }).healthy).toBe('true');
  });

  test('is false if one host is not healthy, or if the hosts differ', () => {
    expect(outputsOf({ ...status, hosts: [host('a', true), host('a', false)] }).healthy).toBe('false');
    expect(outputsOf({ ...status, live: undefined, hosts: [host('a', true), host('b', true)] }).healthy).toBe(
      'false',
    );
  });
});

describe('the output rolled-back', () => {
  const failed = SAMPLES['rolled-back'];
  const host = (name: string, is: ReleaseId | undefined, more: object = {}) => ({
    ...{ host: hostName(name), was: is, is, why: '', kept: [] },
    ...more,
  });
  const rolledBack = (...hosts: readonly ReturnType<typeof host>[]): string | undefined =>
    outputsOf({ ...failed, hosts })['rolled-back'];

  test('is false after a first deploy, which has no previous release', () => {
    expect(rolledBack(host('one', undefined))).toBe('false');
  });

  test('is true if an added host has no release again, and the others have the previous one', () => {
    expect(rolledBack(host('one', releaseId('9b1c44d0')), host('two', undefined))).toBe('true');
  });

  test('is false after a failed repair of the live release', () => {
    expect(rolledBack(host('one', failed.release))).toBe('false');
  });

  test('is false if it is unknown what a host serves', () => {
    const lost = host('two', undefined, {
      was: releaseId('9b1c44d0'),
      unknown: true,
      rollbackIncomplete: true,
    });
    expect(rolledBack(host('one', releaseId('9b1c44d0')), lost)).toBe('false');
  });
});

describe('the output report', () => {
  test('is the whole report as JSON', () => {
    const report = SAMPLES['rolled-back'];
    const hosts = report.hosts.map((host) => ({ ...host, kept: [] }));
    expect(JSON.parse(outputsOf(report).report ?? '')).toEqual(
      JSON.parse(JSON.stringify({ ...report, hosts, history: [] })),
    );
  });

  test.each(['deliver', 'build', 'deploy', 'rollback', 'status', 'gate', 'remove'] as const)(
    'of %s has every list, whatever the command has',
    (command) => {
      const lists = ['details', 'tags', 'hosts', 'history', 'removed', 'steps', 'evidence', 'warnings'];
      expect(JSON.parse(outputsOf(emptyReport(command, {})).report ?? '')).toEqual({
        ...Object.fromEntries(lists.map((name) => [name, []])),
        ...{ command, orchestrator: 'docker', images: {}, result: 'failed', state: expect.any(String) },
        ...{ startedAt: expect.any(String), durationMs: 0 },
      });
    },
  );

  test('is cut where the runner would refuse it', () => {
    const evidence = SAMPLES['rolled-back'].evidence.map((each) => ({
      ...each,
      lastLines: ['x'.repeat(600_000)],
    }));
    const { report = '' } = outputsOf({ ...SAMPLES['rolled-back'], evidence });
    expect(report.length).toBeLessThan(400_000);
    expect(JSON.parse(report)).toMatchObject({
      result: 'rolled-back',
      evidence: [{ service: 'web', exitCode: 1, lastLines: [] }, {}, {}],
    });
  });

  test('has the fields that docs/report.md describes', () => {
    const documented = new Set(
      [...read('docs/report.md').matchAll(/^\| `(?<name>[\w.[\]]+)` \|/gm)].flatMap(({ groups }) =>
        (groups?.['name'] ?? '').split('.').slice(-1),
      ),
    );
    const fields = Object.values(SAMPLES).flatMap((sample) =>
      fieldsOf(JSON.parse(outputsOf(sample).report ?? '')),
    );
    expect([...new Set(fields)].filter((field) => !documented.has(field))).toEqual([]);
  });
});

/** The names of all fields; of objects by a free name only the name of the object. */
function fieldsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(fieldsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, content]) =>
    ['images', 'times'].includes(name) ? [name] : [name, ...fieldsOf(content)],
  );
}
