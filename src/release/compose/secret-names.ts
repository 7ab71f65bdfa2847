import { sep } from 'node:path';

/** What belongs into `secrets:`, which are in no record: credentials, tokens, keys and certificates, by the names that people give them. */

/** Of a file. */
const FILES: readonly RegExp[] = [
  /^(.*\.env|\.env\..+|\.envrc|.*\.tfvars)$/,
  /^(\.npmrc|\.pypirc|\.netrc|\.pgpass|\.my\.cnf|\.dockercfg|\.boto|\.s3cfg)$/,
  /^(id_(rsa|dsa|ecdsa|ed25519)|(acme|auth)\.json)$/,
  /\.(key|pem|p8|p12|pfx|ppk|jks|keystore|kdbx|crt|cer)$/,
  /secret|credential|password|kubeconfig|.passwd|service[-_]?account|^(private|priv|api|master)[-_.]?keys?\b/,
  // Not a tokenizer of a language model, and not the design tokens of a web page.
  /token(?!i[sz])(?!.*\.(css|scss|sass|less|html?|[cm]?[jt]sx?)$)/,
];

/** Of a folder that it is in, at any depth. */
const FOLDERS =
  /^(\.?secrets?|private|credentials|tokens|\.(ssh|aws|azure|docker|kube|gnupg|gcloud|password-store))$/;

/** Whether a path looks like that of a secret. @param path relative to the checkout, or in a container */
export function isSecretPath(path: string): boolean {
  const folders = path.toLowerCase().split(sep);
  const name = folders.pop() ?? '';
  return FILES.some((pattern) => pattern.test(name)) || folders.some((folder) => FOLDERS.test(folder));
}
