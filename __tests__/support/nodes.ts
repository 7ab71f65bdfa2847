/** The Nodes of this machine, for what must work with older ones too. */
import { execFileSync } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** A Node of each major version that this machine has, from 20 on, by its version: its path. */
export function installedNodes(): ReadonlyMap<string, string> {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = [process.execPath, ...folders.map((each) => join(each, 'node'))];
  const found = new Map<string, string>();
  for (const path of candidates) {
    const version = versionOf(path);
    const [major = ''] = version.split('.');
    if (Number(major) >= 20 && ![...found.keys()].some((known) => known.startsWith(`${major}.`)))
      found.set(version, path);
  }
  return found;
}

function versionOf(path: string): string {
  try {
    return execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return '';
  }
}
