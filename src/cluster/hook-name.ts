import { hookName } from '../model/hook-text.ts';
import type { ClusterHook } from './cluster.ts';

export { HOOK_ERROR_LINES } from '../model/hook-text.ts';

/** How errors name a command around a release. */
export const clusterHookName = ({ when, argv }: ClusterHook): string => hookName(when, argv);
