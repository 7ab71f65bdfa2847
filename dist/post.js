// src/run/step-folder.ts
import { mkdtemp, rm } from "node:fs/promises";
var STEP_FOLDER_STATE = "folder";
async function removeStepFolder(folder) {
  await rm(folder, { recursive: true, force: true });
}

// src/post.ts
async function post() {
  const folder = process.env[`STATE_${STEP_FOLDER_STATE}`];
  if (folder !== void 0 && folder !== "") await removeStepFolder(folder);
}

// post.ts
await post();
