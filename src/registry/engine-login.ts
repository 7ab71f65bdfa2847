import type { JsonObject } from '../model/json.ts';
import { registryOf } from '../model/registry.ts';
import { registryConfigKey } from './docker-config.ts';
import { type LoginSource, storedLogin } from './stored-login.ts';

/**
 * The login with which an engine may pull an image, as its API takes it (moby, api/swagger.yaml, `AuthConfig`). It is for the
 * registry of the image only.
 * @returns `undefined` if there is none
 */
export async function engineLogin(image: string, source: LoginSource): Promise<JsonObject | undefined> {
  const registry = registryOf(image);
  const login = await storedLogin(registry, source);
  if (login === undefined) return undefined;
  const serveraddress = registryConfigKey(registry);
  switch (login.kind) {
    case 'password':
      return { username: login.username, password: login.password, serveraddress };
    case 'identity-token':
      return { identitytoken: login.token, serveraddress };
    case 'registry-token':
      return { registrytoken: login.token, serveraddress };
  }
}
