/** What a signature of a DSSE envelope is for (github.com/secure-systems-lab/dsse, protocol.md). */
export const preAuthEncoding = (type: string, payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload]);
