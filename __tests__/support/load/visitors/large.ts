/** Large bodies in both directions, slower than a moment, whose checksums must be right. */
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { exchange } from '../exchange.ts';
import type { Kind } from '../visitor.ts';

const MEGABYTE = 1_000_000;
const PIECE = 100_000;

/** @param longest milliseconds that a visit takes at most, but for the way of the bytes */
export const upload = (longest: number): Kind => ({
  name: 'large upload',
  quick: false,
  arrive(place, random) {
    return {
      async visit() {
        const pieces = random.whole(2, 6) * (MEGABYTE / PIECE);
        const rest = random.between(0, longest) / pieces;
        const hash = createHash('sha256');
        async function* body(): AsyncGenerator<Buffer> {
          for (let sent = 0; sent < pieces; sent += 1) {
            const piece = Buffer.alloc(PIECE, random.text(16));
            hash.update(piece);
            yield piece;
            await pause(rest);
          }
        }
        // Half of them say how much will come, the others send until they are done.
        const headers = random.whole(0, 1) === 0 ? { 'content-length': pieces * PIECE } : {};
        const got = await exchange(place, { method: 'POST', path: '/upload', headers, body: body() });
        const { sha256, bytes }: { sha256?: string; bytes?: number } = JSON.parse(got.body.toString());
        if (sha256 !== hash.digest('hex')) {
          throw new Error(`release ${got.release} got ${bytes} of ${pieces * PIECE} bytes, or not the same`);
        }
        return got;
      },
      leave: () => undefined,
    };
  },
});

/** @param longest milliseconds that a visit takes at most, but for the way of the bytes */
export const download = (longest: number): Kind => ({
  name: 'large download',
  quick: false,
  arrive(place, random) {
    return {
      async visit() {
        const bytes = random.whole(2, 6) * MEGABYTE;
        const path = `/download?bytes=${bytes}&pieces=${bytes / PIECE}&ms=${random.whole(longest / 6, longest)}`;
        const got = await exchange(place, { path });
        const sha256 = createHash('sha256').update(got.body).digest('hex');
        if (sha256 !== got.headers['x-sha256']) {
          throw new Error(
            `release ${got.release}: ${got.body.length} of ${bytes} bytes came, or not the same`,
          );
        }
        return got;
      },
      leave: () => undefined,
    };
  },
});
