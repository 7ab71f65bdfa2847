import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
} from "./chunk-NZ5CEHBX.js";
import "./chunk-NKYRYHJK.js";
import "./chunk-QJYUKV5C.js";
import "./chunk-FLYTRJQA.js";
import "./chunk-XJZUXECU.js";
import "./chunk-CWAPUO5B.js";
import "./chunk-37P6PVQG.js";
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
