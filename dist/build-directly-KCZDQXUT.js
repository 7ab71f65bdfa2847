import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
} from "./chunk-BP5FSSPC.js";
import "./chunk-7ZHRKOP3.js";
import "./chunk-SX63U4QI.js";
import "./chunk-HJAPHPPN.js";
import "./chunk-4DCBWQAL.js";
import "./chunk-GGVV7IEW.js";
import "./chunk-PUGPVKFB.js";
import "./chunk-B7OSUQQ7.js";
export {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
};
