import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
} from "./chunk-IYSAR5EI.js";
import "./chunk-JDXBQJNW.js";
import "./chunk-AHXWU6YY.js";
import "./chunk-2PHSJQLS.js";
import "./chunk-PO5XNOFU.js";
import "./chunk-5PKGONG6.js";
import "./chunk-N4EIFRI4.js";
import "./chunk-6W3QY5HQ.js";
import "./chunk-LL335SZZ.js";
import "./chunk-MXZD46RS.js";
import "./chunk-PUGPVKFB.js";
import "./chunk-B7OSUQQ7.js";
export {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
};
