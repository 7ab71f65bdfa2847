import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { deliverWorkflow } from './deliver-workflow.ts';
import type { GitHubStep } from './github-settings.ts';
import type { InitOptions } from './init-options.ts';
import type { Ssh } from './init-ssh.ts';
import type { Change } from './make-changes.ts';
import type { ServerFacts } from './server-facts.ts';
import { prepareScript, type ServerUser } from './server-scripts.ts';

/** What the server lacks. One script makes all of it. */
export function serverChanges(
  facts: ServerFacts,
  target: ServerUser,
  ssh: Ssh,
  { server }: InitOptions,
): readonly Change[] {
  const { user } = target;
  const missing = [
    ...(facts.hasUser ? [] : [`the user ${user}`]),
    ...(facts.isInDockerGroup ? [] : [`${user} in the group docker, which is as good as root there`]),
    ...(facts.hasKey ? [] : [`the key of Sealift for ${user}`]),
  ];
  if (missing.length === 0) return [];
  const make = async (): Promise<void> => {
    await ssh.asRoot(prepareScript(target));
  };
  return [{ what: missing.map((each) => `${server.name}: ${each}`), make }];
}

/** An existing workflow is left alone: it is the user's. */
export function workflowChanges(options: InitOptions): readonly Change[] {
  const { workflow } = options;
  if (existsSync(workflow)) return [];
  const make = async (): Promise<void> => {
    await mkdir(dirname(workflow), { recursive: true });
    await writeFile(workflow, deliverWorkflow(options), { flag: 'wx' });
  };
  return [{ what: [`here: the workflow ${workflow}`], make }];
}

/** The settings at GitHub, if they are to be made. */
export const settingsChanges = (steps: readonly GitHubStep[], { gh }: InitOptions): readonly Change[] =>
  gh ? steps.map((step) => ({ what: [`GitHub: ${step.what}`], make: () => step.run() })) : [];
