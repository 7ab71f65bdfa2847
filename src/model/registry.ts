import { inputRef } from './input-ref.ts';
import { byPlace } from './place-words.ts';
/** GitHub's own registry, which accepts the job's token. */
export const GITHUB_REGISTRY = 'ghcr.io';

export const DOCKER_HUB = 'docker.io';

/** A host with or without a port, by the grammar of github.com/distribution/reference. */
export const REGISTRY_HOST = '(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?';
const REGISTRY = new RegExp(`^${REGISTRY_HOST}$`);

/** The host of the registry of a repository, as `docker login` needs it; Docker Hub if the repository names none. */
export function registryOf(repository: string): string {
  const first = repository.split('/', 1)[0] ?? '';
  return repository.includes('/') && isRegistry(first) ? registryNamed(first) : DOCKER_HUB;
}

/** Whether the text before the first slash of a repository is the host of a registry, by the rule of docker. */
export function isRegistry(text: string): boolean {
  return REGISTRY.test(text) && (/[.:]/.test(text) || text === 'localhost');
}

/** The name under which docker keeps the login for a registry: Docker Hub has an older one too. */
export function registryNamed(host: string): string {
  return host === 'index.docker.io' ? DOCKER_HUB : host;
}

/** The path of a repository of Docker Hub as its API has it: without the registry, and `library/` for those without an owner. */
export function hubPath(repository: string): string {
  const path = repository.replace(/^(?:index\.)?docker\.io\//, '');
  return path.includes('/') ? path : `library/${path}`;
}

/** How to say in the inputs which registry a login is for, after "write". */
export function loginLines(registry: string): string {
  return `"${registry}=user" on a line of "${inputRef('registry-username')}" and "${registry}=password" on a line of "${inputRef('registry-password')}"`;
}

/** How to give a login for a registry, as the second part of a sentence. */
export function loginAdvice(registry: string): string {
  return `write ${loginLines(registry)}, or log in there with ${byPlace('docker/login-action before this step', `"docker login ${registry}"`)}`;
}
