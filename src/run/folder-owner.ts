import { constants } from 'node:fs';
import { open, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Which process a temporary folder belongs to. A process is told by its number and its start, because numbers are used again; both mean
 * something only until the machine starts anew, and in one namespace. Linux alone says all that.
 */

const FILE = 'owner.json';

/** A process as proc(5) has it, and where that is. */
interface OwnerProcess {
  readonly pid: number;
  /** In ticks since the machine has started. */
  readonly start: string;
  /** Of the machine. */
  readonly boot: string;
  /** Containers may share the folder, and not the processes. */
  readonly namespace: string;
}

/** Writes this process into its folder. A folder without an owner is never taken for one that was left. */
export async function recordOwner(folder: string): Promise<void> {
  const owner = await thisProcess();
  if (owner === undefined) return;
  // A full disk is an error where something is lost by it.
  await writeFile(join(folder, FILE), JSON.stringify(owner), { mode: 0o600 }).catch(() => undefined);
}

/** Whether the process of a folder has certainly ended. */
export async function isOwnerGone(folder: string): Promise<boolean> {
  const [owner, self] = [await readOwner(folder), await thisProcess()];
  if (owner === undefined || owner.boot !== self?.boot || owner.namespace !== self.namespace) return false;
  if (!exists(owner.pid)) return true;
  const start = await startOf(owner.pid);
  return start !== undefined && start !== owner.start;
}

async function thisProcess(): Promise<OwnerProcess | undefined> {
  const { pid } = process;
  const start = await startOf(pid);
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined);
  const namespace = await readlink('/proc/self/ns/pid').catch(() => undefined);
  return start === undefined || boot === undefined || namespace === undefined
    ? undefined
    : { pid, start, boot: boot.trim(), namespace };
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

/** @returns `undefined` if it can't be known */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // Field 22. The name of the program is in brackets, and may have brackets and spaces in it.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

async function readOwner(folder: string): Promise<OwnerProcess | undefined> {
  try {
    await using file = await open(join(folder, FILE), constants.O_RDONLY | constants.O_NOFOLLOW);
    const { pid, start, boot, namespace } = JSON.parse(await file.readFile('utf8'));
    const isWhole = [start, boot, namespace].every((each) => typeof each === 'string');
    return Number.isSafeInteger(pid) && pid > 0 && isWhole ? { pid, start, boot, namespace } : undefined;
  } catch {
    return undefined;
  }
}
