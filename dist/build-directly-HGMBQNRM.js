import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
} from "./chunk-WBMLKOOS.js";
import "./chunk-U4UT7OW3.js";
import "./chunk-X257WV2G.js";
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
