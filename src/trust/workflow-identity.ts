import type { AttestedByWorkflow } from '../model/image-verification.ts';
import { inputRef } from '../model/input-ref.ts';
import { matchesPattern } from './pattern.ts';
import { refused, type Verdict } from './verdict.ts';

/** Who signed, as the certificate of a Sigstore says it (github.com/sigstore/fulcio, docs/oid-info.md). */
export interface WorkflowIdentity {
  /** Who gave the workflow its OIDC token: `https://token.actions.githubusercontent.com` */
  readonly issuer: string;
  /** The workflow that signed: `https://github.com/octo/shop/.github/workflows/deliver.yml@refs/heads/main` */
  readonly workflow: string;
  /** The repository that was built: `https://github.com/octo/shop` */
  readonly repository: string;
  /** Its branch or tag: `refs/heads/main` */
  readonly ref: string;
}

/** Whether an identity is one that was asked for. Pure. */
export function judgeIdentity(
  identity: WorkflowIdentity,
  { repositories, workflows, refs }: AttestedByWorkflow,
  serverUrl: string,
): Verdict {
  const { issuer, ref } = identity;
  const expected = issuerOf(serverUrl);
  // An enterprise may have an issuer of its own, below that of GitHub (docs.github.com, "OpenID Connect reference").
  if (issuer !== expected && !issuer.startsWith(`${expected}/`)) {
    return refused(
      'other-issuer',
      `its attestation is not by a workflow of ${serverUrl}, but by somebody that ${issuer || 'nobody'} vouches for.`,
    );
  }
  const repository = pathOn(serverUrl, identity.repository);
  const [workflow = '', workflowRef = ''] = pathOn(serverUrl, identity.workflow).split('@');
  if (!repositories.some((pattern) => matchesName(pattern, repository))) {
    return refused(
      'other-repository',
      `it was built in the repository ${repository}, not in ${repositories.join(' or ')}. If that is right, add it to "${inputRef('verify-repository')}".`,
    );
  }
  const allowed =
    workflows.length === 0
      ? [`${repository}/.github/workflows/*`]
      : workflows.map((pattern) => (pattern.startsWith('.github/') ? `${repository}/${pattern}` : pattern));
  if (!allowed.some((pattern) => matchesName(pattern, workflow))) {
    return refused(
      'other-workflow',
      `it was built by the workflow ${workflow}, not by ${allowed.join(' or ')}. If that is right, add it to "${inputRef('verify-workflow')}".`,
    );
  }
  if (refs.length > 0 && !refs.some((pattern) => matchesPattern(pattern, ref))) {
    return refused(
      'other-ref',
      `it was built from ${ref || 'no ref'}, not from ${refs.join(' or ')}. If that is right, add it to "${inputRef('verify-ref')}".`,
    );
  }
  return {
    accepted: true,
    proof: `attested by ${workflow} at ${workflowRef}, built from ${repository} at ${ref}`,
  };
}

/** GitHub takes no notice of capital letters in the names of owners and repositories. */
function matchesName(pattern: string, name: string): boolean {
  const lower = (text: string): string => {
    const [owner = '', repository = '', ...path] = text.split('/');
    return [owner.toLowerCase(), repository.toLowerCase(), ...path].join('/');
  };
  return matchesPattern(lower(pattern), lower(name));
}

/** Without the server; '' for an address on another one. */
const pathOn = (serverUrl: string, url: string): string =>
  url.startsWith(`${serverUrl}/`) ? url.slice(serverUrl.length + 1) : '';

/** Of GitHub.com, a GitHub Enterprise Cloud with data residency (`acme.ghe.com`), or a GitHub Enterprise Server. */
function issuerOf(serverUrl: string): string {
  const { hostname } = new URL(serverUrl);
  if (hostname === 'github.com') return 'https://token.actions.githubusercontent.com';
  return hostname.endsWith('.ghe.com') ? `https://token.actions.${hostname}` : `${serverUrl}/_services/token`;
}
