import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
} from "./chunk-7N3BN2NU.js";
import "./chunk-FBPDSDCG.js";
import "./chunk-5O6YCLOK.js";
import "./chunk-2PHSJQLS.js";
import "./chunk-PO5XNOFU.js";
import "./chunk-5PKGONG6.js";
import "./chunk-N4EIFRI4.js";
import "./chunk-6W3QY5HQ.js";
import "./chunk-BNQJP2B7.js";
import "./chunk-MXZD46RS.js";
import "./chunk-PUGPVKFB.js";
import "./chunk-B7OSUQQ7.js";
export {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
};
