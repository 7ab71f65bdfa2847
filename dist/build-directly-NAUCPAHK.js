import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
} from "./chunk-FDTUL6ZA.js";
import "./chunk-YWQTBS5W.js";
import "./chunk-W2FRD7TL.js";
import "./chunk-EYLE3N6O.js";
import "./chunk-BZWAGY4T.js";
import "./chunk-CTCU6Q3Z.js";
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
