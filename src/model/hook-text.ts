import { formatCommand } from './command-line.ts';

/** Lines of a command's output that an error shows. */
export const HOOK_ERROR_LINES = 30;

/** How errors name a command around a release. */
export const hookName = (when: 'before' | 'after', argv: readonly string[]): string =>
  `${when}-release: "${formatCommand(argv)}"`;
