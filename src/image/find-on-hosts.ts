import type { Engine, ImageDetails } from '../engine/engine.ts';
import { type Digest, isDigest, pinnedImage } from '../model/image.ts';
import { digestTagName, isDigestTag } from '../transfer/local-image.ts';
import { BUILD_FINGERPRINT_LABEL, OCI_LABEL } from './labels.ts';

/** An image that a host has. */
interface HostedImage {
  readonly digest: Digest;
  readonly host: string;
  /** The commit that it was made from, if it says so. */
  readonly revision: string | undefined;
}

/** Whether a host has the image, however it came there. */
export async function hostWith(
  engines: readonly Engine[],
  repository: string,
  digest: Digest,
): Promise<HostedImage | undefined> {
  const image = pinnedImage(repository, digest);
  for (const engine of engines)
    for (const name of [image, digestTagName(image)]) {
      const details = await engine.inspectImage(name);
      const revision = details?.labels?.[OCI_LABEL.revision];
      if (details !== undefined) return { digest, host: engine.host, revision };
    }
  return undefined;
}

/** The image of a commit that a host has, by its labels. */
export async function findCommitOnHosts(
  engines: readonly Engine[],
  repository: string,
  commit: string,
  fingerprint: string | undefined,
): Promise<HostedImage | undefined> {
  const labels = [
    `${OCI_LABEL.revision}=${commit}`,
    ...(fingerprint === undefined ? [] : [`${BUILD_FINGERPRINT_LABEL}=${fingerprint}`]),
  ];
  for (const engine of engines) {
    for (const details of await engine.listImages({ label: labels })) {
      const digest = digestIn(details, repository);
      if (digest !== undefined) return { digest, host: engine.host, revision: commit };
    }
  }
  return undefined;
}

/** The digest by which an engine has an image of a repository: from its registry, or by the tag that says it. */
function digestIn({ repoTags, repoDigests }: ImageDetails, repository: string): Digest | undefined {
  const tagged = repoTags
    .filter(isDigestTag)
    .map((tag) => tag.replace(/:sha256-(?=[0-9a-f]{64}$)/, '@sha256:'));
  for (const name of [...tagged, ...repoDigests]) {
    const digest = name.slice(name.indexOf('@') + 1);
    if (name.startsWith(`${repository}@`) && isDigest(digest)) return digest;
  }
  return undefined;
}
