import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
} from "./chunk-OZR7FHN6.js";
import "./chunk-QXJ6Y6MQ.js";
import "./chunk-KRNNNS44.js";
import "./chunk-C2VWNA4D.js";
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
