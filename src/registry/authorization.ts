import { asObject, asText, parseJson } from '../model/json.ts';
import { askOnce } from './ask-once.ts';
import type { Challenge } from './challenge.ts';
import { refusalError } from './refusal.ts';
import { RegistryError } from './registry-error.ts';
import type { StoredLogin } from './stored-login.ts';
import type { RegistryAnswer } from './web-answer.ts';
import type { WebConnections } from './web-connections.ts';

/** What is asked for, and of whom. */
export interface Permission {
  /** Host of the registry. */
  readonly registry: string;
  readonly challenge: Challenge;
  /** `repository:me/shop:pull`; `undefined` only shows who asks. */
  readonly scope: string | undefined;
}

type BearerChallenge = Challenge & { readonly scheme: 'bearer' };

interface Token {
  readonly text: string;
  /** By `performance.now()`. */
  readonly expires: number;
}

/** Milliseconds by which a token is taken for expired too early, and those that it has if the server does not say. */
const TOKEN_MARGIN = 10_000;
const TOKEN_LIFETIME = 60_000;

/** Shows registries who asks: by the login itself, or by a token, which is kept while it is valid. */
export class Authorization {
  readonly #connections: WebConnections;
  readonly #findLogin: (registry: string) => Promise<StoredLogin | undefined>;
  readonly #tokens = new Map<string, Promise<Token>>();

  constructor(
    connections: WebConnections,
    findLogin: (registry: string) => Promise<StoredLogin | undefined>,
  ) {
    this.#connections = connections;
    this.#findLogin = findLogin;
  }

  /**
   * The headers of a request; none without a login, where that is enough.
   * @throws RegistryError when the token server refuses or fails, or the registry wants what Sealift can't give
   */
  async headers(
    permission: Permission,
    signal: AbortSignal | undefined,
  ): Promise<Readonly<Record<string, string>>> {
    const { registry, challenge } = permission;
    if (challenge.scheme === 'other')
      throw new RegistryError({ kind: 'unsupported' }, `it wants ${challenge.name} authentication`);
    const login = await this.#findLogin(registry);
    if (login?.kind === 'registry-token') return { authorization: `Bearer ${login.token}` };
    if (challenge.scheme === 'basic')
      return login?.kind === 'password' ? { authorization: basic(login) } : {};
    const key = keyOf(permission);
    const ask = (): Promise<Token> => this.#requestToken(challenge, permission.scope, login, signal);
    let token = await askOnce(this.#tokens, key, ask, signal);
    if (token.expires < performance.now()) {
      this.#tokens.delete(key);
      token = await askOnce(this.#tokens, key, ask, signal);
    }
    return { authorization: `Bearer ${token.text}` };
  }

  /** Asks for a new token next time. */
  forget(permission: Permission): void {
    this.#tokens.delete(keyOf(permission));
  }

  async #requestToken(
    { realm, service }: BearerChallenge,
    scope: string | undefined,
    login: StoredLogin | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Token> {
    const parameters = new URLSearchParams();
    if (service !== undefined) parameters.set('service', service);
    if (scope !== undefined) parameters.set('scope', scope);
    const answer =
      login?.kind === 'identity-token'
        ? await this.#exchange(realm, parameters, login.token, signal)
        : await this.#ask(realm, parameters, login, signal);
    if (answer.status >= 400) throw refusalError(answer);
    const { token, access_token: accessToken, expires_in: seconds } = asObject(parseJson(answer.body));
    const text = asText(token) ?? asText(accessToken);
    if (text === undefined)
      throw new RegistryError({ kind: 'failed' }, `${new URL(realm).host} answered without a token`);
    const lifetime = typeof seconds === 'number' ? seconds * 1000 : TOKEN_LIFETIME;
    return { text, expires: performance.now() + lifetime - TOKEN_MARGIN };
  }

  /** With a user name and a password, or as nobody: distribution.github.io, "Token Authentication Specification". */
  #ask(
    realm: string,
    parameters: URLSearchParams,
    login: Exclude<StoredLogin, { readonly kind: 'identity-token' }> | undefined,
    signal: AbortSignal | undefined,
  ): Promise<RegistryAnswer> {
    const url = new URL(realm);
    for (const [name, value] of parameters) url.searchParams.append(name, value);
    if (login?.kind !== 'password')
      return this.#connections.send(url, { method: 'GET', headers: {}, signal });
    url.searchParams.append('account', login.username);
    return this.#connections.send(url, { method: 'GET', headers: { authorization: basic(login) }, signal });
  }

  /** With an identity token: distribution.github.io, "Oauth2 Token Authentication". */
  #exchange(
    realm: string,
    parameters: URLSearchParams,
    identityToken: string,
    signal: AbortSignal | undefined,
  ): Promise<RegistryAnswer> {
    parameters.set('grant_type', 'refresh_token');
    parameters.set('client_id', 'sealift');
    parameters.set('refresh_token', identityToken);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = parameters.toString();
    return this.#connections.send(new URL(realm), { method: 'POST', headers, body, signal });
  }
}

const keyOf = ({ registry, challenge, scope }: Permission): string =>
  JSON.stringify([registry, challenge.scheme === 'bearer' ? challenge.realm : '', scope]);

const basic = ({ username, password }: { readonly username: string; readonly password: string }): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
