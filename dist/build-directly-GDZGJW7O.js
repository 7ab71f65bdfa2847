import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
} from "./chunk-PA2NOJFG.js";
import "./chunk-M25APQZV.js";
import "./chunk-QZ63PLH4.js";
import "./chunk-ZS4VAGT5.js";
import "./chunk-PEZRW6HW.js";
import "./chunk-CTUVU5BL.js";
import "./chunk-ODC7C6PZ.js";
import "./chunk-5PPHBT3U.js";
import "./chunk-LL335SZZ.js";
import "./chunk-EK3AKRYE.js";
import "./chunk-O5VY7DHM.js";
import "./chunk-B7OSUQQ7.js";
export {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
};
