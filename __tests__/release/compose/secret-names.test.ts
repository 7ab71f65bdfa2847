import { describe, expect, test } from '@jest/globals';
import { isSecretPath } from '../../../src/release/compose/secret-names.ts';

describe('a path looks like that of a secret', () => {
  test.each([
    ...['.env', '.env.production', 'config/prod.env', '.envrc', 'prod.tfvars'],
    ...['secrets/api_token', 'secrets/db.txt', 'Secret/x', '.secrets/nested/x', 'private/notes.txt'],
    ...['api_token', 'token.txt', 'GITHUB_TOKEN', 'vault-token.json', 'tokens/ci'],
    ...['kubeconfig', 'prod-kubeconfig.yaml', '.kube/config', '.docker/config.json', '.aws/config'],
    ...['auth.json', 'acme.json', '.npmrc', '.pypirc', '.netrc', '.pgpass', '.git-credentials'],
    ...['.htpasswd', 'htpasswd', 'mosquitto_passwd', 'db_password.txt', 'service-account.json'],
    ...['tls/server.key', 'tls/server.pem', 'app.p12', 'AuthKey.p8', 'release.keystore', 'id_ed25519'],
    ...['api_key', 'private-key.txt', '.ssh/config', '/run/secrets/db'],
  ])('%s', (path) => {
    expect(isSecretPath(path)).toBe(true);
  });
});

describe('a path does not look like that of a secret', () => {
  test.each([
    ...['nginx.conf', 'conf.d/site.conf', 'prometheus.yml', 'init.sql', 'environment.json', 'env.sh'],
    ...['tokenizer.json', 'tokenizer_config.json', 'tokens.css', 'design-tokens.js', 'keyboard.json'],
    ...['authors.json', 'docker/config.json', 'kube/config', 'privateers/x.txt', '/etc/passwd', 'keys.md'],
  ])('%s', (path) => {
    expect(isSecretPath(path)).toBe(false);
  });
});
