import type { Engine } from '../engine/engine.ts';
import { type AppEnvironment, baseProject } from '../model/app-environment.ts';
import { domainOwnersIn, setDomains } from './domains.ts';
import { FRONT_APPS_FOLDER, FRONT_MOUNT } from './layout.ts';
import { runScript, type Script } from './script.ts';

/** What an app has on the volume of the front: its domains, and the directories with the sockets of its edge. */

export interface FrontEntries {
  readonly domains: readonly string[];
  /** Whether it has directories for sockets. */
  readonly hasFolders: boolean;
  /** Whether another app has a domain. */
  readonly hasOtherApps: boolean;
}

/** @param container any container that mounts the volume, running or not */
export async function readFrontEntries(
  engine: Engine,
  app: AppEnvironment,
  container: string,
): Promise<FrontEntries> {
  const files = await engine.readFiles(container, FRONT_MOUNT);
  const owners = [...domainOwnersIn(files)];
  const project = baseProject(app);
  // No name of an app or environment contains a dot.
  const folder = `${FRONT_APPS_FOLDER.slice(FRONT_MOUNT.length + 1)}/${project}.`;
  return {
    domains: owners.filter(([, owner]) => owner === project).map(([domain]) => domain),
    hasFolders: [...files.keys()].some((path) => path.startsWith(folder)),
    hasOtherApps: owners.some(([, owner]) => owner !== project),
  };
}

/** Arguments: the directory of all apps, the project. */
const REMOVE_FOLDERS_SCRIPT: Script = {
  name: 'remove-sockets',
  text: `
set -eu
rm -rf "$1/$2".*
`,
};

/**
 * Removes everything of an app from the front. Its domains go first, so no request is sent to a socket that is gone.
 * @param container a running container with the volume
 */
export async function leaveFront(engine: Engine, app: AppEnvironment, container: string): Promise<void> {
  await setDomains(engine, container, app, new Map());
  await runScript(engine, container, REMOVE_FOLDERS_SCRIPT, [FRONT_APPS_FOLDER, baseProject(app)]);
}
