import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import type { PinnedImage } from '../../src/model/image.ts';
import { outputsOf } from '../../src/report/outputs.ts';
import { SAMPLES } from './samples.ts';

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const image = (name: string, letter: string): PinnedImage => `${name}@${digest(letter)}` as PinnedImage;

describe('image and digest', () => {
  test.each<[string, Readonly<Record<string, PinnedImage>>, string, string]>([
    ['none', {}, '', ''],
    ['one that is not built yet', { web: image('shop', '0') }, '', ''],
    ['one', { web: image('shop', 'a') }, image('shop', 'a'), digest('a')],
    [
      'one for several services',
      { web: image('shop', 'a'), worker: image('shop', 'a') },
      image('shop', 'a'),
      digest('a'),
    ],
    [
      'several',
      { web: image('web', 'a'), api: image('api', 'b') },
      `web=${image('web', 'a')}\napi=${image('api', 'b')}`,
      `web=${digest('a')}\napi=${digest('b')}`,
    ],
  ])('of %s', (_, images, expectedImage, expectedDigest) => {
    expect(outputsOf({ ...SAMPLES.deployed, images })).toMatchObject({
      image: expectedImage,
      digest: expectedDigest,
    });
  });
});

test('of a deploy', () => {
  expect(outputsOf(SAMPLES.deployed)).toMatchObject({
    tags: '4be0d1c9a7f6e5d4c3b2a190817263544f5e6d7c\nlatest\nv1.4.0',
    release: '3f2a9c1e',
    'previous-release': '9b1c44d0',
    'rolled-back': 'false',
    'environment-url': 'https://shop.example.com/up',
  });
});

test('of a deploy that was rolled back: the release is the one that is live', () => {
  expect(outputsOf(SAMPLES['rolled-back'])).toMatchObject({ release: '9b1c44d0', 'rolled-back': 'true' });
});

describe('rolled-back', () => {
  const failed = SAMPLES['rolled-back'];
  const host = (name: string, is: string | undefined, more: object = {}) => ({
    ...{ host: name, was: is, is, why: '', kept: [] },
    ...more,
  });
  const is = (...hosts: readonly ReturnType<typeof host>[]): string | undefined =>
    outputsOf({ ...failed, hosts })['rolled-back'];

  test('is false of a first deploy: there is nothing to go back to', () => {
    expect(is(host('one', undefined))).toBe('false');
  });

  test('is true where a host that was added had nothing, and the others went back', () => {
    expect(is(host('one', '9b1c44d0'), host('two', undefined))).toBe('true');
  });

  test('is false where what is live could not be mended', () => {
    expect(is(host('one', failed.release))).toBe('false');
  });

  test('is false where a host could not be moved back', () => {
    const lost = host('two', undefined, { was: '9b1c44d0', unknown: true, stuck: true });
    expect(is(host('one', '9b1c44d0'), lost)).toBe('false');
  });
});

test('of a failure before anything was known: empty, not "undefined"', () => {
  const { report, ...others } = outputsOf(SAMPLES.failed);
  expect(Object.values(others).join()).not.toContain('undefined');
  expect(JSON.parse(report)).toMatchObject({ result: 'failed', hosts: [] });
});

describe('the report', () => {
  test('is whole', () => {
    expect(JSON.parse(outputsOf(SAMPLES['rolled-back']).report)).toEqual(
      JSON.parse(JSON.stringify(SAMPLES['rolled-back'])),
    );
  });

  test('is cut before the runner would refuse it', () => {
    const evidence = SAMPLES['rolled-back'].evidence.map((each) => ({
      ...each,
      lastLines: ['x'.repeat(600_000)],
    }));
    const report = outputsOf({ ...SAMPLES['rolled-back'], evidence }).report;
    expect(report.length).toBeLessThan(400_000);
    expect(JSON.parse(report)).toMatchObject({
      result: 'rolled-back',
      evidence: [{ service: 'web', exitCode: 1, lastLines: [] }, {}, {}],
    });
  });
});

test('every output that an action declares is given', async () => {
  const given = Object.keys(outputsOf(SAMPLES.deployed));
  for (const folder of ['', 'build/', 'deploy/', 'rollback/', 'status/']) {
    const declared = parse(await readFile(new URL(`../../${folder}action.yml`, import.meta.url), 'utf8'));
    expect(given).toEqual(expect.arrayContaining(Object.keys(declared.outputs ?? {})));
  }
});
