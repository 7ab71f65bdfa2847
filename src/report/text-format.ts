import type { HostName } from '../model/identifiers.ts';
import { inputRef } from '../model/input-ref.ts';
import { joinWithAnd } from '../model/text.ts';
import type { ReportedStage } from './step-report.ts';

export const NOTHING_CHANGED_TEXT = 'Nothing was changed.';
/** What a first deploy leaves that did not succeed. */
export const REMAINS_TEXT = 'Accessories, networks and volumes that were created remain.';
/** Instead of a digest, in a dry run. */
export const NOT_BUILT_TEXT = 'not built yet';

/** Of `url`, in place of what it answered. */
export const UNEXPECTED_ANSWER_TEXT = 'did not answer as expected';

/** `Final check`. */
export function stageTitle(stage: ReportedStage | 'roll-back'): string {
  return `${stage.charAt(0).toUpperCase()}${stage.slice(1).replaceAll('-', ' ')}`;
}

export const removedHostsText = (hosts: readonly HostName[]): string =>
  `Removed from "${inputRef('hosts')}" since the last deploy: ${joinWithAnd(hosts)}. Nothing was changed there: the release there keeps running.`;

/** The text with a full stop, unless it ends with a punctuation mark already. */
export const sentence = (text: string): string => (/[.!?…]\)?$/.test(text) ? text : `${text}.`);
