import { hostname, userInfo } from 'node:os';
import { askGit } from '../run/git.ts';

/** What GitHub's runner says of a run, as far as the checkout and the user of this machine know it. */
export async function describeCheckout(
  folder: string,
): Promise<Readonly<Record<string, string | undefined>>> {
  const ask = async (...args: readonly string[]): Promise<string | undefined> => {
    try {
      return (await askGit(folder, args)).trim() || undefined;
    } catch {
      return undefined;
    }
  };
  const [origin, sha, ref] = await Promise.all([
    ask('remote', 'get-url', 'origin'),
    ask('rev-parse', 'HEAD'),
    ask('symbolic-ref', '--quiet', 'HEAD'),
  ]);
  const { server, repository } = parseOrigin(origin ?? '');
  const actor = `${userInfo().username}@${hostname()}`;
  return { repository, server_url: server, sha, ref, ref_name: ref?.replace(/^refs\/heads\//, ''), actor };
}

/** Server and `owner/name` of the URL of a repository; nothing for a path. */
export function parseOrigin(url: string): {
  readonly server: string | undefined;
  readonly repository: string | undefined;
} {
  const found =
    /^(?:(?:https?|ssh|git):\/\/)?(?:[^@/]+@)?(?<host>[^:/]+)(?::\d+)?[:/](?<path>[^/]+\/[^/]+?)(?:\.git)?\/?$/.exec(
      url,
    );
  const { host, path } = found?.groups ?? {};
  return host === undefined || host === '' || host === '.' || host === '..'
    ? { server: undefined, repository: undefined }
    : { server: `https://${host}`, repository: path };
}
