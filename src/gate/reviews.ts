import { SealiftError } from '../model/errors.ts';
import { asList, asObject, asText } from '../model/json.ts';
import { oneLine, shorten } from '../model/plain-text.ts';
import { notGitHubError } from './github-errors.ts';

/** A reviewer's decision about a workflow run. GitHub tells neither its time nor the attempt of the run that it belongs to. */
export interface Review {
  readonly state: 'approved' | 'rejected' | 'pending';
  readonly login: string;
  /** As one line. */
  readonly comment: string | undefined;
}

/** In characters. Each host keeps the comment with the history of an app. */
const LONGEST_COMMENT = 500;

/**
 * The reviews that decide about one environment, from `GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals`.
 * @param answer `undefined`: GitHub answered 404, as it does if the token can't see the run
 * @throws SealiftError for anything else than a list of reviews
 */
export function readReviews(answer: unknown, environmentId: number): readonly Review[] {
  if (answer === undefined) {
    throw new SealiftError(
      'Cannot read approvals (HTTP 404). Add "actions: read" to this job\'s permissions.',
    );
  }
  if (!Array.isArray(answer)) throw notGitHubError('approvals');
  return answer.flatMap((entry) => {
    const { state, user, comment, environments } = asObject(entry);
    const isForEnvironment = asList(environments).some((each) => asObject(each)['id'] === environmentId);
    if (!isForEnvironment || !isState(state)) return [];
    return [{ state, login: asText(asObject(user)['login']) ?? 'ghost', comment: readComment(comment) }];
  });
}

/** What a reviewer wrote, without what could disturb the log: line breaks, colours, a text that never ends. */
function readComment(comment: unknown): string | undefined {
  const text = asText(oneLine(asText(comment) ?? ''));
  return text === undefined ? undefined : shorten(text, LONGEST_COMMENT);
}

const isState = (state: unknown): state is Review['state'] =>
  state === 'approved' || state === 'rejected' || state === 'pending';
