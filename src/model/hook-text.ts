import { formatCommand } from './command-line.ts';
import { inputRef } from './input-ref.ts';

/** Lines of a command's output that an error shows. */
export const HOOK_ERROR_LINES = 30;

/** How errors name a command around a release. */
export const hookName = (when: 'before' | 'after', argv: readonly string[]): string =>
  `${inputRef(`${when}-release`)}: "${formatCommand(argv)}"`;
