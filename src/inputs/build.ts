import { ConfigurationError } from '../model/errors.ts';
import { isTag, TAG_RULE, TAG_TEMPLATES } from '../model/image.ts';
import type { BuildOptions } from '../model/image-source.ts';
import { type InputName, inputSetting } from '../model/input-ref.ts';
import { byPlace } from '../model/place-words.ts';
import { githubVariables, isGitHubDotCom } from '../run/github-variables.ts';
import { groupByService, readCommandLines } from './command-lines.ts';
import { didYouMean, nearestWord } from './did-you-mean.ts';
import type { KeyRule } from './pairs.ts';
import type { Inputs } from './reader.ts';

/** github.com/containerd/platforms: os/architecture[/variant]. */
const PLATFORM = /^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9]+)?$/;
const CACHE_TYPES = ['registry', 'gha', 'local', 'inline', 's3', 'azblob'];
const CACHE_SECRET = /(?:^|,)\s*(?<field>secret_access_key|session_token|token|ghtoken)\s*=/;

const LABEL_KEY: KeyRule = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9._/-]*$/,
  hint: 'letters, digits, ".", "_", "/" and "-"',
};
const SECRET_ID: KeyRule = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
  hint: 'letters, digits, ".", "_" and "-"',
};

/** All inputs of the build. */
export function readBuildOptions(inputs: Inputs): BuildOptions {
  return {
    context: inputs.required('context'),
    file: inputs.text('file'),
    target: inputs.text('target'),
    buildArgs: joinPairs(inputs.pairs('build-args')),
    buildSecrets: joinPairs(inputs.pairs('build-secrets', SECRET_ID)),
    platforms: readPlatforms(inputs),
    labels: joinPairs(inputs.pairs('labels', LABEL_KEY)),
    cacheFrom: readCaches(inputs, 'cache-from'),
    cacheTo: readCaches(inputs, 'cache-to'),
    provenance: readAttestation(inputs, 'provenance', 'mode=max'),
    sbom: readAttestation(inputs, 'sbom', 'generator=image'),
    pull: inputs.flag('pull'),
    noCache: inputs.flag('no-cache'),
    addHosts: matchingLines(inputs, 'add-hosts', /^[^\s:=]+[:=]\S+$/, 'host:address'),
    buildContexts: matchingLines(
      inputs,
      'build-contexts',
      /^[^\s=]+=\S.*$/,
      'name=path, name=URL or name=docker-image://image',
    ),
    tags: readTags(inputs),
    tests: groupByService(readCommandLines(inputs, 'test')),
    rebuild: inputs.flag('rebuild'),
    attest: readAttest(inputs),
  };
}

/** Without an OIDC token nothing can be attested. That must not be found only after the build. */
function readAttest(inputs: Inputs): boolean {
  const attest = inputs.flag('attest');
  if (!attest) return false;
  if (inputs.has('image-transfer') && inputs.text('image-transfer') === 'direct') {
    throw new ConfigurationError(
      `attest: not with ${inputSetting('image-transfer', 'direct')}, since nobody could verify an image that is in no registry. Set ${inputSetting('attest', 'false')}, or ${inputSetting('image-transfer', 'registry')}.`,
    );
  }
  const { serverUrl } = githubVariables();
  if (!isGitHubDotCom(serverUrl) && !serverUrl.endsWith('.ghe.com')) {
    throw new ConfigurationError(
      `attest: ${serverUrl} is a GitHub Enterprise Server, which has no attestations. Set ${inputSetting('attest', 'false')}, and sign the image with cosign.`,
    );
  }
  if (process.env['ACTIONS_ID_TOKEN_REQUEST_URL']) return true;
  throw new ConfigurationError(
    byPlace(
      'attest: this job may have no OIDC token. Add "id-token: write" and "attestations: write" to its permissions. Outside GitHub Actions, sign the image with cosign.',
      `attest: only a job of GitHub Actions can attest what it has built. Set ${inputSetting('attest', 'false')}, and sign the image with cosign.`,
    ),
  );
}

const joinPairs = (pairs: ReadonlyMap<string, string>): readonly string[] =>
  [...pairs].map(([key, value]) => `${key}=${value}`);

export function readPlatforms(inputs: Inputs): readonly string[] {
  const platforms = inputs
    .lines('platforms')
    .flatMap((line) => line.split(','))
    .map((platform) => platform.trim())
    .filter((platform) => platform !== '');
  const wrong = platforms.find((platform) => !PLATFORM.test(platform));
  if (wrong === undefined) return [...new Set(platforms)];
  throw new ConfigurationError(
    `platforms: "${wrong}" is not os/architecture or os/architecture/variant. Write linux/amd64 or linux/arm/v7, for example.`,
  );
}

function readCaches(inputs: Inputs, name: 'cache-from' | 'cache-to'): readonly string[] {
  const caches = inputs.lines(name);
  for (const cache of caches) {
    const secret = CACHE_SECRET.exec(cache)?.groups?.['field'];
    if (secret !== undefined) {
      throw new ConfigurationError(
        `${name}: "${secret}" would be visible in the command line of the build. Remove it, and set the credentials in the environment${byPlace(' of the job', '')} (AWS_SECRET_ACCESS_KEY and so on).`,
      );
    }
    const type = /(?:^|,)\s*type=(?<type>[^,]*)/.exec(cache)?.groups?.['type']?.trim();
    // A line without fields is the short form for an image in a registry.
    if (type === undefined && !cache.includes('=')) continue;
    if (type !== undefined && CACHE_TYPES.includes(type)) continue;
    const problem = type === undefined ? 'has no type' : `has the unknown type "${type}"`;
    const meant = type === undefined ? '' : didYouMean(type, CACHE_TYPES);
    throw new ConfigurationError(
      `${name}: "${cache}" ${problem}. Write type=registry,ref=… or another type: ${CACHE_TYPES.join(', ')}.${meant}`,
    );
  }
  return caches;
}

function readAttestation(inputs: Inputs, name: 'provenance' | 'sbom', example: string): string | undefined {
  const text = inputs.text(name);
  if (text === undefined || text === 'true' || text === 'false') return text;
  if (/^[a-z-]+=[^\s=,]+(?:,[a-z-]+=[^\s=,]+)*$/.test(text)) return text;
  const meant = didYouMean(text, ['true', 'false']);
  throw new ConfigurationError(
    `${name}: "${text}" is neither true nor false nor attributes such as ${example}.${meant}`,
  );
}

function matchingLines(inputs: Inputs, name: InputName, pattern: RegExp, form: string): readonly string[] {
  const lines = inputs.lines(name);
  const wrong = lines.find((line) => !pattern.test(line));
  if (wrong === undefined) return lines;
  throw new ConfigurationError(`${name}: "${wrong}" has the wrong form. Write ${form}.`);
}

function readTags(inputs: Inputs): readonly string[] {
  const tags = inputs.lines('tags');
  for (const tag of tags) {
    const filled = tag.replaceAll(/\{\{(?<name>[^{}]*)\}\}/g, (template, name: string) => {
      checkTagTemplate(template, name.trim());
      return 'x';
    });
    if (isTag(filled)) continue;
    throw new ConfigurationError(
      `tags: "${tag}" is not a valid tag. Write one tag per line, each with ${TAG_RULE}.`,
    );
  }
  return [...new Set(tags)];
}

function checkTagTemplate(template: string, name: string): void {
  if (TAG_TEMPLATES.some((known) => known === name)) return;
  const meant = nearestWord(name, TAG_TEMPLATES);
  const hint = meant === undefined ? '' : ` Did you mean {{${meant}}}?`;
  const known = TAG_TEMPLATES.map((each) => `{{${each}}}`).join(', ');
  throw new ConfigurationError(`tags: ${template} is not one of ${known}.${hint}`);
}
