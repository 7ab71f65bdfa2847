/** Does something while an action runs, once its log has certain words. */
import type { ActionOptions } from './action.ts';

type OnLine = NonNullable<ActionOptions['onLine']>;

export interface Reaction<Result> {
  readonly onLine: OnLine;
  /** What came of it; `undefined`: the words never came. */
  done(): Promise<Result | undefined>;
}

export function when<Result>(words: string, action: () => Promise<Result>): Reaction<Result> {
  let doing: Promise<Result> | undefined;
  return {
    onLine({ text }) {
      if (doing === undefined && text.includes(words)) doing = action();
    },
    done: async () => await doing,
  };
}
