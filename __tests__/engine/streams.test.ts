import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Demultiplexer, type StreamName, streamLines } from '../../src/engine/streams.ts';

function frame(stream: StreamName, data: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream === 'stdout' ? 1 : 2;
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
}

const stream = fc.constantFrom<StreamName>('stdout', 'stderr');

test('each stream of a multiplexed one is complete, however the frames are cut', () => {
  const frames = fc.array(fc.tuple(stream, fc.uint8Array({ maxLength: 40 })));
  fc.assert(
    fc.property(frames, fc.array(fc.nat(20)), (parts, cuts) => {
      const bytes = Buffer.concat(parts.map(([name, data]) => frame(name, Buffer.from(data))));
      const seen = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
      const demultiplexer = new Demultiplexer((name, data) => seen[name].push(Buffer.from(data)));
      let at = 0;
      for (const cut of cuts) {
        demultiplexer.push(bytes.subarray(at, at + cut));
        at += cut;
      }
      demultiplexer.push(bytes.subarray(at));
      for (const name of ['stdout', 'stderr'] as const) {
        const expected = Buffer.concat(
          parts.filter(([of]) => of === name).map(([, data]) => Buffer.from(data)),
        );
        expect(Buffer.concat(seen[name]).equals(expected)).toBe(true);
      }
    }),
  );
});

test('the lines of two streams come in the order in which they were completed', () => {
  const body = Buffer.concat([
    frame('stdout', Buffer.from('one\ntw')),
    frame('stderr', Buffer.from('error\r\n')),
    frame('stdout', Buffer.from('o\nthree')),
  ]);
  expect(streamLines(true, body)).toEqual(['one', 'error', 'two', 'three']);
  expect(streamLines(false, Buffer.from('a\r\nb\n'))).toEqual(['a', 'b']);
  expect(streamLines(true, Buffer.alloc(0))).toEqual([]);
});
