import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  digestTagName
} from "./chunk-ODC7C6PZ.js";

// src/transfer/found-image.ts
async function findImage(engine, image) {
  return await findNamed(engine, image) ?? await findNamed(engine, digestTagName(image));
}
async function findSentImage(engine, image) {
  const [byDigest, byTag] = await Promise.all([
    findNamed(engine, image),
    findNamed(engine, digestTagName(image))
  ]);
  return byDigest ?? byTag;
}
async function findNamed(engine, name) {
  const details = await engine.inspectImage(name);
  return details && { name, details };
}

export {
  findImage,
  findSentImage
};
