import type { Log } from '../model/log.ts';

/** A log that keeps its lines until it is their turn. */
export interface HeldLog extends Log {
  /** Tells what was kept; from now on lines are told as they come. */
  release(): void;
}

/**
 * A group of the job's log can't be told beside another one. What is begun early, while something else is told, is given
 * this log, and its lines stand where it would have been done.
 */
export function heldLog(log: Log): HeldLog {
  const kept: (() => void)[] = [];
  let held = true;
  const tell = (what: () => void): void => {
    if (held) kept.push(what);
    else what();
  };
  return {
    info: (line) => tell(() => log.info(line)),
    notice: (line) => tell(() => log.notice(line)),
    warning: (line) => tell(() => log.warning(line)),
    debug: (line) => tell(() => log.debug(line)),
    release() {
      held = false;
      for (const what of kept.splice(0)) what();
    },
  };
}
