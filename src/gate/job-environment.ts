import { ConfigurationError, SealiftError } from '../model/errors.ts';
import { asObject, asText } from '../model/json.ts';
import type { GitHub } from './github.ts';

/** Whom the OIDC token is for. Nobody accepts a token with this audience, so it opens nothing. */
const AUDIENCE = 'sealift';

/**
 * The name of the environment that this job runs in, from its check run. A runner that does not know the check run (GitHub Enterprise
 * Server) gives the name in an OIDC token. `undefined` if the job names no environment.
 * @throws SealiftError if neither can be read
 */
export async function findJobEnvironment(
  github: GitHub,
  checkRunId: number | undefined,
): Promise<string | undefined> {
  return checkRunId === undefined
    ? await environmentInIdToken(github)
    : await environmentOfCheckRun(github, checkRunId);
}

async function environmentOfCheckRun(github: GitHub, id: number): Promise<string | undefined> {
  const { id: found, deployment } = asObject(await github.getCheckRun(id));
  if (found !== id) {
    throw new SealiftError(
      `Cannot read the check run ${id} of this job (HTTP 404). Add "checks: read" to this job's permissions.`,
    );
  }
  return asText(asObject(deployment)['environment']);
}

async function environmentInIdToken(github: GitHub): Promise<string | undefined> {
  const token = await github.getIdToken(AUDIENCE);
  if (token === undefined) {
    throw new ConfigurationError(
      'Cannot tell in which environment this job runs: this runner does not know job.check_run_id. Add "id-token: write" to this job\'s permissions. Then an OIDC token tells it.',
    );
  }
  return asText(asObject(payloadOf(token))['environment']);
}

/** RFC 7519. The signature needs no check, because the token came directly from GitHub, over TLS. */
function payloadOf(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  } catch (cause) {
    throw new SealiftError('Cannot read the OIDC token of this job: it is no JSON Web Token.', { cause });
  }
}
