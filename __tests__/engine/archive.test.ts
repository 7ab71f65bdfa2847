import { buffer } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { pack } from 'tar-stream';
import { EMPTY_ARCHIVE, packFiles, unpackFiles } from '../../src/engine/archive.ts';

test('unpacking restores the packed files', async () => {
  const long = `${'folder/'.repeat(30)}file`;
  const archive = await packFiles(
    new Map([
      ['a', { content: 'text' }],
      [long, { content: Buffer.from([0, 255]), mode: 0o600 }],
      ['empty', { content: '' }],
    ]),
  );
  const files = await unpackFiles(archive);
  expect([...files]).toEqual([
    ['a', Buffer.from('text')],
    [long, Buffer.from([0, 255])],
    ['empty', Buffer.alloc(0)],
  ]);
});

test('names are relative to the requested directory; links and directories are left out', async () => {
  const archive = pack();
  archive.entry({ name: 'data/', type: 'directory' });
  archive.entry({ name: 'data/data/', type: 'directory' });
  archive.entry({ name: 'data/data/x' }, 'x');
  archive.entry({ name: 'data/link', type: 'symlink', linkname: 'data/x' });
  archive.finalize();
  expect([...(await unpackFiles(await buffer(archive)))]).toEqual([['data/x', Buffer.from('x')]]);
});

test('the empty archive is valid', async () => {
  expect(await unpackFiles(EMPTY_ARCHIVE)).toEqual(new Map());
});

test('data that is not an archive, or a part of one, is an error, not an empty map', async () => {
  await expect(unpackFiles(Buffer.from('x'.repeat(2000)))).rejects.toThrow();
  await expect(
    unpackFiles((await packFiles(new Map([['a', { content: 'text' }]]))).subarray(0, 600)),
  ).rejects.toThrow();
});
