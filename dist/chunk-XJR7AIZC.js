import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  digestTagName
} from "./chunk-RYDTSZJN.js";

// src/transfer/found-image.ts
async function findImage(engine, image) {
  for (const name of [image, digestTagName(image)]) {
    const details = await engine.inspectImage(name);
    if (details !== void 0) return { name, details };
  }
  return void 0;
}

export {
  findImage
};
