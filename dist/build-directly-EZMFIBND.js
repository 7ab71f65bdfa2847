import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
} from "./chunk-JF6I7NA6.js";
import "./chunk-GNSLX2FT.js";
import "./chunk-SX63U4QI.js";
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
