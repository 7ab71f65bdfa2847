import type { Log } from '../model/log.ts';

/** A log that keeps its lines until `flush`, and writes later lines at once. */
export interface BufferedLog extends Log {
  flush(): void;
}

/** For tasks in the background: groups of the job's log can't overlap, so the lines of a task wait for their turn. */
export function createBufferedLog(log: Log): BufferedLog {
  let buffer: (() => void)[] | undefined = [];
  const write = (line: () => void): void => {
    if (buffer === undefined) line();
    else buffer.push(line);
  };
  return {
    info: (line) => write(() => log.info(line)),
    notice: (line) => write(() => log.notice(line)),
    warning: (line) => write(() => log.warning(line)),
    debug: (line) => write(() => log.debug(line)),
    flush() {
      const lines = buffer ?? [];
      buffer = undefined;
      for (const line of lines) line();
    },
  };
}
