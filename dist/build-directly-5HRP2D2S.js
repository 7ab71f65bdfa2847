import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
} from "./chunk-W5ORIJ7S.js";
import "./chunk-A3Z2SUCQ.js";
import "./chunk-NO2HPRR2.js";
import "./chunk-VHC64EIM.js";
import "./chunk-3RNUI7OQ.js";
import "./chunk-ZPURE2NF.js";
import "./chunk-HJAPHPPN.js";
import "./chunk-VXA5H7MZ.js";
import "./chunk-GGVV7IEW.js";
import "./chunk-PUGPVKFB.js";
import "./chunk-B7OSUQQ7.js";
export {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
};
