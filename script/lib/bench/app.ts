import { buildVersions, type Version } from '../../../__tests__/support/apps/images.ts';
import { compose } from '../../../__tests__/support/apps/probe.ts';
import type { Lab } from '../../../__tests__/support/lab.ts';
import type { Files } from '../../../__tests__/support/workspace.ts';

/** The app of the benchmark: a web service that boots for a second and prints a line when it listens. */

/** A typical compose.yaml. */
export const appFiles = (port: number): Files =>
  compose({
    services: {
      web: {
        image: '${IMAGE}',
        ports: [`${port}:3000`],
        restart: 'unless-stopped',
        stop_grace_period: '5s',
      },
    },
  });

/** Builds versions of the app and pushes them. */
export const buildApp = (
  lab: Lab,
  repository: string,
  names: readonly string[],
): Promise<readonly Version[]> => buildVersions(lab, repository, names, { BOOT_MS: 1000 });
