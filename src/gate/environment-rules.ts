import { asList, asObject, asText } from '../model/json.ts';
import { notGitHubError } from './github-errors.ts';

/** The protection rules of an environment. */
export interface EnvironmentRules {
  readonly id: number;
  /** Whether a reviewer has to approve each run. */
  readonly hasReviewers: boolean;
  /** Whether GitHub keeps people from approving a run that they started. */
  readonly preventsSelfReview: boolean;
  /** Whether administrators can skip the rules; `undefined` if this GitHub does not say. */
  readonly canAdminsBypass: boolean | undefined;
  /** The rules for people: `required reviewers: @mona, team ops`. */
  readonly texts: readonly string[];
}

/**
 * Reads the answer of `GET /repos/{owner}/{repo}/environments/{environment_name}`. Its schema lacks `can_admins_bypass`, which GitHub
 * has answered with since 2023.
 * @throws SealiftError for anything else than an environment: a proxy that answers in place of GitHub must not open the gate
 */
export function readEnvironmentRules(answer: unknown, environment: string): EnvironmentRules {
  const { id, protection_rules: list, can_admins_bypass: canBypass } = asObject(answer);
  if (typeof id !== 'number') throw notGitHubError(`environment "${environment}"`);
  const rules = asList(list).map(asObject);
  const review = rules.find(({ type }) => type === 'required_reviewers');
  const preventsSelfReview = review?.['prevent_self_review'] === true;
  const canAdminsBypass = typeof canBypass === 'boolean' ? canBypass : undefined;
  return {
    id,
    hasReviewers: review !== undefined,
    preventsSelfReview,
    canAdminsBypass,
    texts: [
      ...rules.map((rule) => {
        if (rule === review) return `required reviewers: ${reviewersText(rule['reviewers'])}`;
        const { type, wait_timer: minutes } = rule;
        if (typeof minutes === 'number') return `wait timer: ${minutes} min`;
        return (asText(type) ?? 'unknown rule').replaceAll('_', ' ');
      }),
      ...(preventsSelfReview ? ['no self-review'] : []),
      ...(canAdminsBypass === false ? ['no bypass by administrators'] : []),
    ],
  };
}

/** `@mona, team ops`. A token may not see the name of a team. */
function reviewersText(reviewers: unknown): string {
  const names = asList(reviewers).map((each) => {
    const { type, reviewer } = asObject(each);
    const { login, name, slug } = asObject(reviewer);
    if (type === 'Team') return `team ${asText(slug) ?? asText(name) ?? 'unknown'}`;
    return `@${asText(login) ?? 'unknown'}`;
  });
  return names.length === 0 ? 'unknown' : names.join(', ');
}
