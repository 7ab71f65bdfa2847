import type { Engine } from '../engine/engine.ts';
import { type AppEnvironment, baseProject } from '../model/app-environment.ts';
import { FRONT_APPS_FOLDER } from './layout.ts';
import { runScript, type Script } from './script.ts';

/**
 * The sockets at which the front reaches an edge, while another edge of the app starts beside it. The new edge binds the same
 * paths, so the former one loses them although it runs on. A hard link keeps each of its sockets: renamed back, requests reach
 * the former edge again, without a restart (unix(7): a path is only how a client finds the socket).
 */

/** Arguments: the folder of all apps, the project, an edge's id. */
const socketsScript = (name: string, action: string): Script => ({
  name,
  text: `
set -eu
apps=$1; project=$2; edge=$3
for folder in "$apps/$project".*; do
  socket=$folder/s; kept=$folder/s-$edge
${action}
done
`,
});

const KEEP_SCRIPT = socketsScript('keep-sockets', '  if [ -S "$socket" ]; then ln -f "$socket" "$kept"; fi');
const RETURN_SCRIPT = socketsScript(
  'return-sockets',
  '  if [ -S "$kept" ]; then mv -f "$kept" "$socket"; rm -f "$kept"; fi',
);
const FORGET_SCRIPT = socketsScript('forget-sockets', '  rm -f "$folder"/s-*');

async function run(script: Script, engine: Engine, app: AppEnvironment, edge: string): Promise<void> {
  const args = [FRONT_APPS_FOLDER, baseProject(app), edge.slice(0, 12)];
  await runScript(engine, edge, script, args);
}

/** Keeps the sockets of a running edge, before another one takes them. */
export const keepSockets = (engine: Engine, app: AppEnvironment, edge: string): Promise<void> =>
  run(KEEP_SCRIPT, engine, app, edge);

/** Gives a running edge the sockets back that another one has taken. Does nothing if it has them. */
export const returnSockets = (engine: Engine, app: AppEnvironment, edge: string): Promise<void> =>
  run(RETURN_SCRIPT, engine, app, edge);

/** Removes what was kept, once a running edge has replaced the others. */
export const forgetSockets = (engine: Engine, app: AppEnvironment, edge: string): Promise<void> =>
  run(FORGET_SCRIPT, engine, app, edge);
