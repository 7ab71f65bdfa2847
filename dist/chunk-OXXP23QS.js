import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  asList,
  asObject,
  asText,
  isDigest
} from "./chunk-EK3AKRYE.js";

// src/trust/statement.ts
var STATEMENT_TYPE = "application/vnd.in-toto+json";
function readStatement(payloadType, payload) {
  if (payloadType !== STATEMENT_TYPE) return void 0;
  try {
    const { subject, predicateType } = asObject(JSON.parse(payload.toString()));
    const subjects = asList(subject).map(
      (each) => `sha256:${asText(asObject(asObject(each)["digest"])["sha256"])}`
    );
    return { subjects: subjects.filter(isDigest), predicateType: asText(predicateType) ?? "" };
  } catch {
    return void 0;
  }
}

export {
  STATEMENT_TYPE,
  readStatement
};
