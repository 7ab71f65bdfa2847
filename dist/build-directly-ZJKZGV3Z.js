import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
} from "./chunk-TVV54QC7.js";
import "./chunk-7IIOCRZX.js";
import "./chunk-W2FRD7TL.js";
import "./chunk-2PHSJQLS.js";
import "./chunk-PO5XNOFU.js";
import "./chunk-5PKGONG6.js";
import "./chunk-N4EIFRI4.js";
import "./chunk-6W3QY5HQ.js";
import "./chunk-Y3MFWGOY.js";
import "./chunk-MXZD46RS.js";
import "./chunk-PUGPVKFB.js";
import "./chunk-B7OSUQQ7.js";
export {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
};
