// src/step-folder.ts
import { mkdtemp, rm } from "node:fs/promises";
var FOLDER = "folder";
async function removeFolder(folder) {
  await rm(folder, { recursive: true, force: true });
}

// src/post.ts
async function post() {
  const folder = process.env[`STATE_${FOLDER}`];
  if (folder !== void 0 && folder !== "") await removeFolder(folder);
}

// post.ts
await post();
