import type { ImageContext } from '../../../src/image/image-context.ts';
import { remember } from './build.ts';

/** What asking registries needs, on a runner without logins; no program may be started. */
export const registryContext = (changes: Partial<ImageContext> = {}): ImageContext => ({
  run: (program) => Promise.reject(new Error(`${program} was started`)),
  log: remember(),
  folder: '/nowhere',
  environment: { HOME: '/nowhere' },
  workspace: '/nowhere',
  retryPolicy: { attempts: 3, firstWait: 1, longestWait: 1 },
  signal: undefined,
  ...changes,
});
