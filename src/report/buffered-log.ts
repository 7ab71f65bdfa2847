import type { Log } from '../model/log.ts';

/** A log that keeps its lines until it is their turn. */
export interface BufferedLog extends Log {
  /** Tells what was kept; from now on lines are told as they come. */
  flush(): void;
}

/**
 * A group of the job's log can't be told beside another one. What is begun early, while something else is told, is given
 * this log, and its lines stand where it would have been done.
 */
export function createBufferedLog(log: Log): BufferedLog {
  const buffer: (() => void)[] = [];
  let isBuffering = true;
  const write = (what: () => void): void => {
    if (isBuffering) buffer.push(what);
    else what();
  };
  return {
    info: (line) => write(() => log.info(line)),
    notice: (line) => write(() => log.notice(line)),
    warning: (line) => write(() => log.warning(line)),
    debug: (line) => write(() => log.debug(line)),
    flush() {
      isBuffering = false;
      for (const what of buffer.splice(0)) what();
    },
  };
}
