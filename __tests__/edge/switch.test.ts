import { describe, expect, test } from '@jest/globals';
import { readTraffic, slotFiles } from '../../src/edge/switch.ts';
import { ConfigurationError } from '../../src/model/errors.ts';

const files = (contents: Record<string, string>): ReadonlyMap<string, Buffer> =>
  new Map(Object.entries(contents).map(([name, content]) => [name, Buffer.from(content)]));

describe('where the traffic goes', () => {
  test.each([
    ['0', 'blue', '11111111'],
    ['g', 'green', '22222222'],
  ])('split %s is %s', (split, slot, release) => {
    const state = { split: `${split}\n`, 'blue.release': '11111111\n', 'green.release': '22222222\n' };
    expect(readTraffic(files(state))).toEqual({ slot, release });
    const inVolume = Object.fromEntries(
      Object.entries(state).map(([name, content]) => [`edge/${name}`, content]),
    );
    expect(readTraffic(files({ ...inVolume, 'records/a.json': '{}' }))).toEqual({ slot, release });
  });

  test.each([
    ['nothing was ever switched', { split: '0\n', 'blue.release': '', 'green.release': '' }],
    ['the volume is empty', {}],
    [
      'the release of the slot was cleared',
      { split: 'g\n', 'blue.release': '11111111\n', 'green.release': '\n' },
    ],
    ['split is not legible', { split: '', 'blue.release': '11111111\n' }],
  ])('is nowhere when %s', (_, state) => {
    expect(readTraffic(files(state))).toBeUndefined();
  });
});

describe('the address files of a slot', () => {
  test('name the replicas over and over, evenly', () => {
    const written = [...slotFiles('green', new Map([['web-80', ['a:80', 'b:80', 'c:80']]]))];
    expect(written).toHaveLength(24);
    expect(written.slice(0, 4)).toEqual([
      ['green.web-80.0', 'a:80'],
      ['green.web-80.1', 'b:80'],
      ['green.web-80.2', 'c:80'],
      ['green.web-80.3', 'a:80'],
    ]);
    for (const replica of ['a:80', 'b:80', 'c:80'])
      expect(written.filter(([, to]) => to === replica)).toHaveLength(8);
  });

  test.each([
    ['no', []],
    ['more than 24', Array.from({ length: 25 }, (_, index) => `c${index}:80`)],
  ])('refuses a route with %s replicas', (_, replicas) => {
    expect(() => slotFiles('blue', new Map([['web-80', replicas]]))).toThrow(ConfigurationError);
  });
});
