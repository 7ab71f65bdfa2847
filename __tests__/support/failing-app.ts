/** An app whose releases fail, each in its own way. */
import { type AppInVersions, appInVersions } from './app-in-versions.ts';
import { HEALTH } from './apps/probe.ts';
import type { Lab } from './lab.ts';

export const failingApp = (lab: Lab): AppInVersions =>
  appInVersions({
    lab,
    stem: 'fails',
    service: {
      mem_limit: '96m',
      restart: '${RESTART:-no}',
      healthcheck: { ...HEALTH, disable: '${UNCHECKED:-false}' },
    },
    inputs: { 'health-path': '' },
    behaviour: { UP_AFTER_MS: '', BOOT_MS: '', EXIT_AFTER_MS: '', EXIT_CODE: '', HOG: '' },
  });
