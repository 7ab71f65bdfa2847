import { readdir, readFile } from 'node:fs/promises';

/** Programs of a step inherit it: so its post step finds those that have outlived it. */
const STEP_MARK = 'SEALIFT_STEP_FOLDER';

/** Marks every program that this process starts from now on. */
export function markPrograms(folder: string): void {
  process.env[STEP_MARK] = folder;
}

/**
 * Ends the programs that a step has started and that run on after it was killed: `docker compose` would go on to start containers. Linux alone
 * says what a process has inherited; elsewhere they end by themselves.
 */
export async function endLeftPrograms(folder: string): Promise<void> {
  const names = await readdir('/proc').catch((): string[] => []);
  for (const name of names.filter((each) => /^\d+$/.test(each))) {
    // A process may end, or be another user's, while we look.
    const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
    if (!environment.split('\0').includes(`${STEP_MARK}=${folder}`)) continue;
    try {
      process.kill(Number(name), 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}
