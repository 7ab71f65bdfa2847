import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
} from "./chunk-2S7PUVFG.js";
import "./chunk-WS6CYBHA.js";
import "./chunk-XKVJAWPF.js";
import "./chunk-EQACLE4D.js";
import "./chunk-MQCRF7DW.js";
import "./chunk-QUIWPE7O.js";
import "./chunk-3OZUDZ5K.js";
import "./chunk-I4OYMZAI.js";
import "./chunk-LL335SZZ.js";
import "./chunk-TPP5SDSW.js";
import "./chunk-PUGPVKFB.js";
import "./chunk-B7OSUQQ7.js";
export {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
};
