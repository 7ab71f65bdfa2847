import { arch } from 'node:os';
import type { EdgeImages } from '../model/deploy-options.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { ExportRequest } from '../model/request.ts';
import { readPlatforms } from './build.ts';
import { readEdgeImages } from './options.ts';
import type { Inputs } from './reader.ts';

/** As Go, and with it platforms, call the processors on which Node runs. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };

/** What goes into an archive, where that is written, and who signs it. */
export function readExportOptions(
  inputs: Inputs,
): Pick<ExportRequest, 'platforms' | 'since' | 'path' | 'signKey' | keyof EdgeImages> {
  const platforms = readPlatforms(inputs);
  return {
    platforms: platforms.length > 0 ? platforms : [`linux/${ARCHITECTURES[arch()] ?? arch()}`],
    since: inputs.text('since'),
    path: inputs.required('path'),
    signKey: readSignKey(inputs.text('sign-key')),
    ...readEdgeImages(inputs),
  };
}

/** @throws ConfigurationError that says what the text is instead. It never repeats the text. */
function readSignKey(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (
    /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/.test(text) ||
    /^(?:ssh|ecdsa|sk)-\S+ [A-Za-z0-9+/=]+/.test(text)
  )
    return text;
  throw new ConfigurationError(
    'sign-key: it is not an SSH key. Give the text of the file, which begins with -----BEGIN OPENSSH PRIVATE KEY-----, or that of a public key whose private key is in your ssh agent.',
  );
}
