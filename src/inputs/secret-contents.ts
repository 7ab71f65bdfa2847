import type { KeyRule } from './pairs.ts';
import type { Inputs } from './reader.ts';

/** As Compose names secrets. */
const SECRET_NAME: KeyRule = {
  pattern: /^[A-Za-z0-9._-]+$/,
  hint: 'letters, digits, ".", "_" and "-"',
};

/** Contents of the secrets of a Compose file. A line that is a name alone stands for the variable of this step. */
export const readSecretContents = (inputs: Inputs): ReadonlyMap<string, string> =>
  inputs.pairs('secrets', SECRET_NAME, (name) => process.env[name]);
