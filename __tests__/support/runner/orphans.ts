import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as after } from 'node:timers/promises';
import { patience } from '../patience.ts';

/** What a program that notices the end of its parent may take to end too: an ssh whose stdin was closed. */
const GRACE_MS = 3000 + patience(20);

/**
 * Ends the processes that a job left behind, as the runner does at its end: those that carry its RUNNER_TRACKING_ID.
 *
 * @param grace milliseconds that they have to end by themselves
 * @returns the command lines of those that did not end by themselves; an action that cleans up leaves none
 */
export async function endOrphans(trackingId: string, grace = GRACE_MS): Promise<string[]> {
  const deadline = Date.now() + grace;
  let orphans = await processesOf(trackingId);
  while (orphans.size > 0 && Date.now() < deadline) {
    await after(50);
    orphans = await processesOf(trackingId);
  }
  for (const pid of orphans.keys()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
  return [...orphans.values()];
}

async function processesOf(trackingId: string): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for (const name of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    // A process may end, or not be ours to read, while we look.
    const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
    if (!environment.split('\0').includes(`RUNNER_TRACKING_ID=${trackingId}`)) continue;
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (command !== '') found.set(Number(name), command.replaceAll('\0', ' ').trim());
  }
  return found;
}
