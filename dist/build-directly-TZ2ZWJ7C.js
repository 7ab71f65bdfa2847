import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
} from "./chunk-K77TQJNJ.js";
import "./chunk-FAYR4O3P.js";
import "./chunk-D2S7OGFZ.js";
import "./chunk-ODMKJQ5D.js";
import "./chunk-M5SDSGC7.js";
import "./chunk-IYVDTKIV.js";
import "./chunk-F2UCXI4Z.js";
import "./chunk-K5GZOLE4.js";
import "./chunk-G5B25KW6.js";
import "./chunk-PUGPVKFB.js";
import "./chunk-B7OSUQQ7.js";
export {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
};
