import { existsSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Control groups count the CPU time of processes, whoever waits for them (Linux, cgroup v1 and v2). */
const V2 = existsSync('/sys/fs/cgroup/cgroup.controllers');
const ROOT = V2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/cpuacct';

/**
 * Milliseconds of CPU of all processes that a piece of work starts, and of those that they start; this process itself is not counted.
 * @returns `undefined` where no control group can be made
 */
export async function cpuOfPrograms(work: () => Promise<void>): Promise<number | undefined> {
  const group = join(ROOT, `bench-${process.pid}`);
  const made = await mkdir(group).then(
    () => true,
    () => false,
  );
  if (!made) {
    await work();
    return undefined;
  }
  const enter = (folder: string): Promise<void> =>
    writeFile(join(folder, 'cgroup.procs'), String(process.pid));
  await enter(group);
  const own = process.cpuUsage();
  try {
    await work();
    const { user, system } = process.cpuUsage(own);
    return (await usageOf(group)) - (user + system) / 1000;
  } finally {
    await enter(ROOT);
    // A process that outlives the work keeps it.
    await rmdir(group).catch(() => undefined);
  }
}

async function usageOf(group: string): Promise<number> {
  if (!V2) return Number(await readFile(join(group, 'cpuacct.usage'), 'utf8')) / 1_000_000;
  const text = await readFile(join(group, 'cpu.stat'), 'utf8');
  return Number(/^usage_usec (\d+)$/m.exec(text)?.[1]) / 1000;
}
