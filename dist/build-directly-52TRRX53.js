import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
} from "./chunk-ZRXSK3C3.js";
import "./chunk-ZL4XCFZF.js";
import "./chunk-5V3T24S6.js";
import "./chunk-ODMKJQ5D.js";
import "./chunk-M5SDSGC7.js";
import "./chunk-IYVDTKIV.js";
import "./chunk-F2UCXI4Z.js";
import "./chunk-PIQSSUN3.js";
import "./chunk-G5B25KW6.js";
import "./chunk-PUGPVKFB.js";
import "./chunk-B7OSUQQ7.js";
export {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
};
