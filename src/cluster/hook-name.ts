import { formatCommand } from '../model/command-line.ts';
import type { ClusterHook } from './cluster.ts';

/** Lines of a command's output that an error shows. */
export const HOOK_ERROR_LINES = 30;

/** How errors name a command around a release. */
export const clusterHookName = ({ when, argv }: ClusterHook): string =>
  `${when}-release: "${formatCommand(argv)}"`;
