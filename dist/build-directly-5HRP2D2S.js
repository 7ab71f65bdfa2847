import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
<<<<<<<< HEAD:dist/build-directly-52TRRX53.js
} from "./chunk-ZRXSK3C3.js";
import "./chunk-ZL4XCFZF.js";
import "./chunk-5V3T24S6.js";
import "./chunk-ODMKJQ5D.js";
import "./chunk-M5SDSGC7.js";
import "./chunk-IYVDTKIV.js";
import "./chunk-F2UCXI4Z.js";
import "./chunk-PIQSSUN3.js";
import "./chunk-G5B25KW6.js";
========
} from "./chunk-W5ORIJ7S.js";
import "./chunk-A3Z2SUCQ.js";
import "./chunk-NO2HPRR2.js";
import "./chunk-VHC64EIM.js";
import "./chunk-3RNUI7OQ.js";
import "./chunk-ZPURE2NF.js";
import "./chunk-HJAPHPPN.js";
import "./chunk-VXA5H7MZ.js";
import "./chunk-GGVV7IEW.js";
>>>>>>>> 8ccb121 (dist: rebuilt):dist/build-directly-5HRP2D2S.js
import "./chunk-PUGPVKFB.js";
import "./chunk-B7OSUQQ7.js";
export {
  buildDirectly,
  directSources,
  existingImages,
  lookUpDirectly
};
