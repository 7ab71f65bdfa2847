import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
} from "./chunk-4OPILS7Y.js";
import "./chunk-OLE6ATRY.js";
import "./chunk-W2FRD7TL.js";
import "./chunk-OG4FIAAM.js";
import "./chunk-BZWAGY4T.js";
import "./chunk-CTCU6Q3Z.js";
import "./chunk-OYETPEET.js";
import "./chunk-6T7WLV45.js";
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
