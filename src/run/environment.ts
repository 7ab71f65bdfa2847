/**
 * Longest value of an environment variable, in bytes. The kernel's limit is 128 KiB for a variable with its name
 * (MAX_ARG_STRLEN).
 */
export const MAX_VARIABLE_BYTES = 128 * 1024 - 256;

/** The BuildKit cache `type=gha` reads these variables. */
const BUILDKIT_CACHE_VARIABLES = new Set([
  'ACTIONS_CACHE_URL',
  'ACTIONS_RESULTS_URL',
  'ACTIONS_RUNTIME_TOKEN',
  'ACTIONS_CACHE_SERVICE_V2',
]);

/** The environment of the step without inputs (some are keys and passwords), state and the tokens of the job. */
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
