import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
} from "./chunk-6BCINRYD.js";
import "./chunk-AEVD5JIY.js";
import "./chunk-H3WW4TWW.js";
import "./chunk-6VNLPVFY.js";
import "./chunk-WZPS3BA2.js";
import "./chunk-P65N7PQW.js";
import "./chunk-RYDTSZJN.js";
import "./chunk-NRKY53AJ.js";
import "./chunk-LL335SZZ.js";
import "./chunk-MMTVGTOD.js";
import "./chunk-PUGPVKFB.js";
import "./chunk-B7OSUQQ7.js";
export {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
};
