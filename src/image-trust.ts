import type { ActionContext } from './action-context.ts';
import { repositoryConnection } from './gate/gate-context.ts';
import { GITHUB_TIMES, type GitHub } from './gate/github.ts';
import { connectToGitHub } from './gate/github-client.ts';
import type { ImageContext } from './image/image-context.ts';
import { Registry } from './image/registry.ts';
import { ConfigurationError } from './model/errors.ts';
import { digestOf, type PinnedImage, repositoryOf } from './model/image.ts';
import type { ImageVerification } from './model/image-verification.ts';
import { inputRef, inputSetting } from './model/input-ref.ts';
import { asList, asObject, type JsonObject } from './model/json.ts';
import { githubVariables } from './run/github-variables.ts';
import { allOrThrow } from './run/promises.ts';
import { type ProofSources, proveImage } from './trust/prove-image.ts';

/** Who may have made the images of a command. */
export interface Trust {
  readonly verification: ImageVerification;
  /** For GitHub's API. */
  readonly token: string | undefined;
}

type TrustContext = Pick<ActionContext, 'log' | 'signal'>;

/**
 * Verifies each image before anything is changed, and logs who vouches for it.
 * @param bundles attestations that this run has made
 * @throws SealiftError if nobody does who was asked for
 */
export async function requireTrust(
  images: Iterable<PinnedImage>,
  { verification, token }: Trust,
  imageContext: ImageContext,
  context: TrustContext,
  bundles: readonly JsonObject[] = [],
): Promise<void> {
  if (verification.kind === 'off') return;
  const sources: ProofSources = {
    bundles,
    registry: new Registry(imageContext),
    serverUrl: githubVariables().serverUrl,
    async connectToGitHub() {
      if (verification.kind !== 'attestation') return [];
      const named = verification.repositories.filter((each) => !each.includes('*'));
      const names = named.length > 0 ? named : [undefined];
      const clients = await allOrThrow(names.map((name) => openGitHubFor(name, token, context)));
      return clients.filter((client) => client !== undefined);
    },
  };
  const unique = [...new Set(images)];
  const proofs = await allOrThrow(unique.map((image) => proveImage(image, verification, sources)));
  for (const [index, image] of unique.entries()) context.log.info(`Verified ${image}: ${proofs[index]}.`);
}

/** Whether somebody has attested all of them at GitHub. Who it was, `requireTrust` finds out. */
export async function areAttested(
  images: Iterable<PinnedImage>,
  { token }: Trust,
  context: TrustContext,
): Promise<boolean> {
  const github = await requireGitHub(token, context);
  const digests = [...new Set([...images].map(digestOf))];
  const answers = await allOrThrow(digests.map((digest) => github.listAttestations(digest)));
  return answers.every((answer) => asList(asObject(answer)['attestations']).length > 0);
}

/** Attests that this run has built the images. @returns the Sigstore bundle, as JSON */
export async function attestBuilt(
  images: Iterable<PinnedImage>,
  { token }: Trust,
  { retryPolicy }: ImageContext,
  context: TrustContext,
): Promise<JsonObject> {
  // Few runs need it: in dist/ it is in a file of its own.
  const { attestImages } = await import('./trust/attest.ts');
  const unique = [...new Set(images)];
  const subjects = unique.map((image) => ({ repository: repositoryOf(image), digest: digestOf(image) }));
  const github = await requireGitHub(token, context);
  const { serverUrl } = githubVariables();
  const bundle = await attestImages(subjects, { github, serverUrl }, { ...context, retryPolicy });
  for (const image of unique) context.log.info(`Attested that this workflow has built ${image}.`);
  return bundle;
}

async function requireGitHub(token: string | undefined, context: TrustContext): Promise<GitHub> {
  const github = await openGitHubFor(undefined, token, context);
  if (github !== undefined) return github;
  throw new ConfigurationError(
    `attest: only a job of GitHub Actions can attest what it has built, with the token of the job. Remove "${inputRef('github-token')}", or set ${inputSetting('attest', 'false')}.`,
  );
}

/**
 * @param name `octo/shop`; `undefined`: the repository of this workflow
 * @returns `undefined` outside GitHub Actions, or without a token
 */
async function openGitHubFor(
  name: string | undefined,
  token: string | undefined,
  { log, signal }: TrustContext,
): Promise<GitHub | undefined> {
  const own = repositoryConnection(token);
  if (own === undefined) return undefined;
  const [owner = own.owner, repo = own.repo] = name?.split('/') ?? [];
  return await connectToGitHub({ ...own, owner, repo }, { log, signal, ...GITHUB_TIMES });
}
