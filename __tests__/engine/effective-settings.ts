import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { renderSshConfig } from '../../src/engine/ssh-config.ts';

/** What no line of a user may change, as OpenSSH itself prints it. */
export const SECURE = {
  batchmode: 'yes',
  stricthostkeychecking: 'true',
  globalknownhostsfile: '/dev/null',
  updatehostkeys: 'false',
  verifyhostkeydns: 'false',
  forwardagent: 'no',
  permitlocalcommand: 'no',
  controlmaster: 'false',
};

interface SshSettings {
  readonly folder: string;
  readonly files: { readonly knownHosts: string; readonly agentSocket: string };
  /** The settings that OpenSSH itself derives from a configuration with these lines for a host. */
  readonly effective: (lines: string, host: string) => ReadonlyMap<string, string>;
}

/** A folder for the tests of a file, in which ssh finds its configuration. */
export function sshSettings(): SshSettings {
  const folder = mkdtempSync(join(tmpdir(), 'config-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const files = { knownHosts: join(folder, 'known hosts 100%'), agentSocket: join(folder, 'agent') };
  const effective = (lines: string, host: string): ReadonlyMap<string, string> => {
    const path = join(folder, 'config');
    writeFileSync(path, renderSshConfig(lines, files));
    const printed = execFileSync('ssh', ['-G', '-F', path, host], { encoding: 'utf8', stdio: 'pipe' });
    const settings = new Map<string, string>();
    for (const line of printed.split('\n')) {
      const [keyword = '', ...words] = line.split(' ');
      if (!settings.has(keyword)) settings.set(keyword, words.join(' '));
    }
    return settings;
  };
  return { folder, files, effective };
}
