import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ENGINE_ANSWER, MarkerSearch, makeShellMarker } from '../../src/engine/marker.ts';

/** What follows the marker, when the bytes come in these pieces. */
function after(search: MarkerSearch, bytes: Buffer, cuts: readonly number[]): Buffer | undefined {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const cut of cuts) {
    pieces.push(bytes.subarray(at, at + cut));
    at += cut;
  }
  const found = [...pieces, bytes.subarray(at)].map((piece) => search.push(piece));
  const rest = found.filter((each) => each !== undefined);
  return rest.length === 0 ? undefined : Buffer.concat(rest);
}

describe('the marker of a shell', () => {
  test('is found wherever it stands, in whatever pieces it comes, and what follows it is kept byte by byte', () => {
    const { command, pattern } = makeShellMarker();
    const line = execFileSync('sh', ['-c', command]);
    const bytes = fc.uint8Array({ maxLength: 30 }).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(bytes, bytes, fc.array(fc.nat(9)), (before, rest, cuts) => {
        const search = new MarkerSearch(pattern);
        expect(after(search, Buffer.concat([before, line, rest]), cuts)).toEqual(rest);
        expect(search.textBefore).toBe(before.toString());
      }),
    );
  });

  test('is not in its own command, which a shell may repeat', () => {
    const { command, pattern } = makeShellMarker();
    const search = new MarkerSearch(pattern);
    expect(search.push(Buffer.from(`+ ${command}\nunknown command: ${command}\n`))).toBeUndefined();
  });

  test('is found behind more text than is kept, of which the end is shown', () => {
    const { command, pattern } = makeShellMarker();
    const search = new MarkerSearch(pattern);
    for (let n = 0; n < 300; n += 1) search.push(Buffer.from(`${n} ${'x'.repeat(1000)}\n`));
    expect(search.textBefore.length).toBeLessThanOrEqual(64 * 1024);
    expect(search.textBefore).toContain('\n299 ');
    expect(search.push(execFileSync('sh', ['-c', command]))).toEqual(Buffer.alloc(0));
  });
});

test('the answer of an engine is found behind what a shell has printed, and ends where it ends', () => {
  const search = new MarkerSearch(ENGINE_ANSWER);
  const answer = 'HTTP/1.1 200 OK\r\nApi-Version: 1.51\r\n\r\n';
  expect(search.push(Buffer.from(`Welcome HTTP/${answer.slice(0, 20)}`))).toBeUndefined();
  expect(search.push(Buffer.from(`${answer.slice(20)}HTTP/1.1 201`))?.toString()).toBe('HTTP/1.1 201');
});
