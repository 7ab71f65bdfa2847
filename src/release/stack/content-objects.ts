import type { ContentObject } from '../../model/cluster-release.ts';
import type { ComposeConfig, ComposeObject } from '../../model/compose-config.ts';
import { asText, mapValues, unescapeDollars } from '../../model/json.ts';
import { fingerprintOf } from '../../run/fingerprint.ts';
import type { FileContents, FileObjectKind } from '../compose/inline-contents.ts';

/** Bytes; moby's daemon/cluster refuses more. */
const OBJECT_LIMITS: Readonly<Record<FileObjectKind, number>> = { secret: 500 * 1024, config: 1000 * 1024 };

/** Letters of a name in a swarm. */
const MAX_NAME_LENGTH = 64;

/** Secrets and configs of a stack: in the file they are external; those that Sealift makes are listed with their contents. */
export interface StackObjects {
  readonly secrets: Readonly<Record<string, ComposeObject>>;
  readonly configs: Readonly<Record<string, ComposeObject>>;
  readonly contents: readonly ContentObject[];
}

/**
 * Gives every secret and config a name that contains a hash of its content: a swarm can't change one that exists, so another
 * content is another object, and a release that is kept still has its own. Pure.
 */
export function contentObjects(
  { secrets = {}, configs = {} }: Pick<ComposeConfig, 'secrets' | 'configs'>,
  contents: FileContents,
  project: string,
): StackObjects {
  const made = new Map<string, ContentObject>();
  const each =
    (kind: FileObjectKind) =>
    (spec: ComposeObject, key: string): ComposeObject => {
      if (spec['external'] === true) return { external: true, name: asText(spec['name']) ?? key };
      const content = contents.get(`${kind}:${key}`) ?? unescapeDollars(asText(spec['content']) ?? '');
      const name = contentName(project, key, content);
      made.set(`${kind}:${name}`, { kind, name, content });
      return { external: true, name };
    };
  return {
    secrets: mapValues(secrets, each('secret')),
    configs: mapValues(configs, each('config')),
    contents: [...made.values()],
  };
}

/**
 * Eight hex digits tell one content from the next, and are too few to prove a guess. The key is part of what is hashed, since
 * a long one is cut.
 */
function contentName(project: string, key: string, content: string): string {
  const hash = fingerprintOf(`${key}\n${content}`, 8);
  const room = MAX_NAME_LENGTH - project.length - hash.length - 2;
  return `${project}_${key.slice(0, Math.max(room, 1))}_${hash}`;
}

/** Why a secret or config can't be stored in a swarm; `undefined` if it can. */
export function whyNotStorable({
  kind,
  content,
}: Pick<ContentObject, 'kind' | 'content'>): string | undefined {
  if (content === '') return 'is empty, which a swarm refuses. Give it a content, or remove it.';
  if (content.includes('\uFFFD'))
    return 'is not text (UTF-8). Store it as base64 text and decode it when the container starts, or copy it into the image.';
  const bytes = Buffer.byteLength(content);
  return bytes > OBJECT_LIMITS[kind]
    ? `has ${Math.ceil(bytes / 1024)} KiB, but a swarm takes at most ${OBJECT_LIMITS[kind] / 1024} KiB. Copy it into the image.`
    : undefined;
}
