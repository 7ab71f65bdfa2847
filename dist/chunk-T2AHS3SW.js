import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);

// src/trust/envelope.ts
var preAuthEncoding = (type, payload) => Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload]);

export {
  preAuthEncoding
};
