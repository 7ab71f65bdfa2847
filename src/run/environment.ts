/**
 * Longest value of an environment variable, in bytes. The kernel's limit is 128 KiB for a variable with its name
 * (MAX_ARG_STRLEN).
 */
export const MAX_VARIABLE_BYTES = 128 * 1024 - 256;

/** BuildKit's cache `type=gha` reads these, and without them nobody can use it. */
const BUILDKIT_CACHE_VARIABLES = new Set([
  'ACTIONS_CACHE_URL',
  'ACTIONS_RESULTS_URL',
  'ACTIONS_RUNTIME_TOKEN',
  'ACTIONS_CACHE_SERVICE_V2',
]);

/**
 * The step's environment without what is meant for the action alone: its inputs (keys and passwords among them), its
 * state and the job's tokens.
 */
export function programEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && !isActionOnly(name)) result[name] = value;
  }
  return result;
}

function isActionOnly(name: string): boolean {
  if (BUILDKIT_CACHE_VARIABLES.has(name)) return false;
  return /^(?:INPUT|STATE|ACTIONS)_/.test(name) || name === 'GITHUB_TOKEN';
}
