import { ConfigurationError } from '../model/errors.ts';

/** Names a mirror of the official addresses, for runners that can't reach them: README.md, "Other setups". */
const MIRROR_VARIABLE = 'SEALIFT_TOOLS_URL';

/**
 * Where to download a file from: its official address, or its path there on the mirror that SEALIFT_TOOLS_URL names.
 * @throws ConfigurationError for a mirror that is no URL, or has a password in it
 */
export function downloadAddress(
  official: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const mirror = environment[MIRROR_VARIABLE]?.trim() ?? '';
  if (mirror === '') return official;
  const base = URL.parse(mirror);
  if (base === null || !/^https?:$/.test(base.protocol)) {
    throw new ConfigurationError(
      `${MIRROR_VARIABLE} is not the URL of a mirror. Write it as https://mirror.example.com/path.`,
    );
  }
  if (base.username !== '' || base.password !== '' || base.search !== '' || base.hash !== '') {
    throw new ConfigurationError(
      `${MIRROR_VARIABLE}: a user name, a password, "?" and "#" are not possible in the URL of a mirror. Use one that needs no login; Sealift checks the checksum of each file.`,
    );
  }
  return `${base.href.replace(/\/+$/, '')}${new URL(official).pathname}`;
}
