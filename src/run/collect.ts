/** What was read of a stream. */
export interface Collected {
  readonly body: Buffer;
  /** There was more. */
  readonly isCut: boolean;
}

/** Reads a stream to its end, or so many bytes of it, so that an endless one takes neither memory nor time. The rest is refused. */
export async function collect(
  stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  most: number,
): Promise<Collected> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    // Leaving the loop ends the stream.
    if (length > most) return { body: Buffer.concat(chunks, most), isCut: true };
  }
  return { body: Buffer.concat(chunks), isCut: false };
}
