import { DOCKER_HUB } from '../model/registry.ts';
import type { RunProgram } from '../model/step-context.ts';
import { hostOfUrl, isThisMachine } from '../run/proxy.ts';
import { askOnce } from './ask-once.ts';
import { Authorization } from './authorization.ts';
import { certificatesFor } from './certificates.ts';
import { type Challenge, readChallenge } from './challenge.ts';
import { engineAllowsPlainHttp } from './insecure-registries.ts';
import { NoTlsError } from './network-failures.ts';
import { refusalError } from './refusal.ts';
import { storedLogin } from './stored-login.ts';
import type { RegistryAnswer, RegistryRequest, StreamedAnswer } from './web-answer.ts';
import { WebConnections } from './web-connections.ts';

/** A repository, and what a request wants to do with it. */
export interface RepositoryAccess {
  /** Host of the registry. */
  readonly registry: string;
  /** Without the registry: `me/shop`. */
  readonly path: string;
  readonly actions: 'pull' | 'pull,push';
}

interface ClientContext {
  /** Of the programs: its folder of docker has the logins, its variables name the proxies. */
  readonly environment: Readonly<Record<string, string>>;
  readonly run: RunProgram;
}

/** How a registry is reached. */
interface RegistryEndpoint {
  readonly origin: string;
  /** What it asks everybody first; `undefined`: nothing. */
  readonly challenge: Challenge | undefined;
}

/** Where the API of Docker Hub is. */
const DOCKER_HUB_API = 'registry-1.docker.io';

/**
 * Speaks with registries (github.com/opencontainers/distribution-spec) as this job: with the logins, proxies and certificates that
 * `docker` on the runner would use. Connections, tokens and what a registry wants to know are kept.
 */
export class RegistryClient {
  static readonly #clients = new WeakMap<ClientContext['environment'], RegistryClient>();
  readonly #context: ClientContext;
  readonly #connections: WebConnections;
  readonly #authorization: Authorization;
  readonly #endpoints = new Map<string, Promise<RegistryEndpoint>>();

  private constructor(context: ClientContext) {
    this.#context = context;
    this.#connections = new WebConnections(context.environment, (host) =>
      certificatesFor(host === DOCKER_HUB_API ? DOCKER_HUB : host, context.environment),
    );
    this.#authorization = new Authorization(this.#connections, (registry) => storedLogin(registry, context));
  }

  /** The client of an environment: whoever asks in it uses the same connections. */
  static of({ environment, run }: ClientContext): RegistryClient {
    const client = RegistryClient.#clients.get(environment) ?? new RegistryClient({ environment, run });
    RegistryClient.#clients.set(environment, client);
    return client;
  }

  /**
   * Sends a request for a repository, with the authorization that the registry wants.
   * @param target below the repository: `manifests/latest`
   * @returns the answer; also one with status 404
   * @throws RegistryError for every other failure; the signal's reason
   */
  request(access: RepositoryAccess, target: string, request: RegistryRequest): Promise<RegistryAnswer> {
    return this.#authorized(access, target, request, (url, own) => this.#connections.send(url, own));
  }

  /** The same for an answer of any length, such as a blob. */
  download(access: RepositoryAccess, target: string, request: RegistryRequest): Promise<StreamedAnswer> {
    return this.#authorized(access, target, request, (url, own) => this.#connections.sendStreamed(url, own));
  }

  async #authorized<Answer extends RegistryAnswer>(
    { registry, path, actions }: RepositoryAccess,
    target: string,
    request: RegistryRequest,
    sendOnce: (url: URL, request: RegistryRequest) => Promise<Answer>,
  ): Promise<Answer> {
    const endpoint = await this.#endpoint(registry, request.signal);
    const url = new URL(`/v2/${path}/${target}`, endpoint.origin);
    const send = async (challenge: Challenge | undefined, scope: string): Promise<Answer> => {
      const headers =
        challenge === undefined
          ? {}
          : await this.#authorization.headers({ registry, challenge, scope }, request.signal);
      return await sendOnce(url, { ...request, headers: { ...request.headers, ...headers } });
    };
    const scope = `repository:${path}:${actions}`;
    let answer = await send(endpoint.challenge, scope);
    const challenge = answer.status === 401 ? readChallenge(answer.headers['www-authenticate']) : undefined;
    if (challenge?.scheme === 'bearer' || (challenge !== undefined && endpoint.challenge === undefined)) {
      // A token may have expired, the registry may want another one here, or the endpoint alone is open to all.
      const wanted = (challenge.scheme === 'bearer' && challenge.scope) || scope;
      this.#authorization.forget({ registry, challenge, scope: wanted });
      answer = await send(challenge, wanted);
    }
    if (answer.status >= 400 && answer.status !== 404) throw refusalError(answer);
    return answer;
  }

  /**
   * Makes sure that a registry accepts the login that the environment has for it.
   * @throws RegistryError; the signal's reason
   */
  async checkLogin(registry: string, signal: AbortSignal | undefined): Promise<void> {
    const { origin, challenge } = await this.#endpoint(registry, signal);
    if (challenge === undefined) return;
    const headers = await this.#authorization.headers({ registry, challenge, scope: undefined }, signal);
    // A token server has said with its token what it thinks of the login.
    if (challenge.scheme === 'bearer') return;
    const answer = await this.#connections.send(new URL('/v2/', origin), { method: 'GET', headers, signal });
    if (answer.status >= 400) throw refusalError(answer);
  }

  /** Finds out, once, how a registry is reached and what it asks. */
  #endpoint(registry: string, signal: AbortSignal | undefined): Promise<RegistryEndpoint> {
    return askOnce(this.#endpoints, registry, () => this.#findEndpoint(registry, signal), signal);
  }

  async #findEndpoint(registry: string, signal: AbortSignal | undefined): Promise<RegistryEndpoint> {
    const host = registry === DOCKER_HUB ? DOCKER_HUB_API : registry;
    try {
      return await this.#probe(`https://${host}`, signal);
    } catch (error) {
      if (!(error instanceof NoTlsError)) throw error;
      const { environment, run } = this.#context;
      if (
        !isThisMachine(hostOfUrl(new URL(`https://${host}`))) &&
        !(await engineAllowsPlainHttp(registry, environment, run))
      )
        throw error;
      return await this.#probe(`http://${host}`, signal);
    }
  }

  async #probe(origin: string, signal: AbortSignal | undefined): Promise<RegistryEndpoint> {
    const url = new URL('/v2/', origin);
    const answer = await this.#connections.send(url, { method: 'GET', headers: {}, signal });
    const challenge = answer.status === 401 ? readChallenge(answer.headers['www-authenticate']) : undefined;
    // Some registries have nothing at this path, but have the repositories.
    if (challenge === undefined && answer.status >= 400 && answer.status !== 404) throw refusalError(answer);
    return { origin, challenge };
  }
}
