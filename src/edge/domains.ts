import type { Engine } from '../engine/engine.ts';
import { ConfigurationError, HostError } from '../model/errors.ts';
import { type AppEnvironment, baseProject } from '../model/release.ts';
import { DOMAINS_FOLDER, MAX_DOMAIN_LENGTH } from './layout.ts';
import { runScript, type Script } from './script.ts';

/**
 * Domains on the front's volume. Each is a folder with the name of its owner and a link to the owner's socket, made and
 * removed while the front runs. `ln` without -f makes the owner's file only where none is: of two apps that want a domain at
 * the same moment one is told no.
 */
const CLAIM_SCRIPT: Script = {
  name: 'domains',
  text: `
set -eu
cd "$1"; project=$2; shift 2
owner_of() { owner=; if [ -e "$1/owner" ]; then read -r owner route < "$1/owner" || :; fi; }
taken=
for pair in "$@"; do
  owner_of "\${pair%%=*}"
  if [ -n "$owner" ] && [ "$owner" != "$project" ]; then echo "taken \${pair%%=*} $owner"; taken=1; fi
done
[ -z "$taken" ] || exit 0
for pair in "$@"; do
  domain=\${pair%%=*}; route=\${pair#*=}
  mkdir -p "$domain"
  ln -sfn "../../apps/$project.$route/s" "$domain/.s.$$"; mv -f "$domain/.s.$$" "$domain/s"
  printf '%s %s\\n' "$project" "$route" > "$domain/.owner.$$"
  owner_of "$domain"
  if [ "$owner" = "$project" ]; then mv -f "$domain/.owner.$$" "$domain/owner"
  elif ln "$domain/.owner.$$" "$domain/owner"; then rm -f "$domain/.owner.$$"
  else rm -f "$domain/.owner.$$"; owner_of "$domain"; echo "taken $domain $owner"; exit 0
  fi
done
for folder in */; do
  [ -d "$folder" ] || continue
  domain=\${folder%/}
  owner_of "$domain"
  [ "$owner" = "$project" ] || continue
  kept=
  for pair in "$@"; do if [ "\${pair%%=*}" = "$domain" ]; then kept=1; fi; done
  if [ -z "$kept" ]; then rm -f "$domain/owner"; rm -rf "$domain"; fi
done
`,
};

/**
 * Makes exactly these domains lead to an app's routes; those it had besides are let go.
 *
 * @param domains route by domain
 * @throws ConfigurationError when a domain is another app's, before anything is changed
 */
export async function setDomains(
  engine: Engine,
  front: string,
  appEnvironment: AppEnvironment,
  domains: ReadonlyMap<string, string>,
): Promise<void> {
  checkDomainNames([...domains.keys()]);
  const pairs = [...domains].map(([domain, route]) => `${domain}=${route}`);
  const printed = await runScript(engine, front, CLAIM_SCRIPT, [
    DOMAINS_FOLDER,
    baseProject(appEnvironment),
    ...pairs,
  ]);
  const taken = printed.split('\n').filter((line) => line.startsWith('taken '));
  const owners = taken.map((line) => line.split(' ').slice(1));
  checkDomainOwners(
    engine.host,
    appEnvironment,
    new Map(owners.map(([domain, owner]) => [domain ?? '', owner ?? ''])),
    [...domains.keys()],
  );
}

/** @throws ConfigurationError for a domain that can't be served, or that is another app's */
export function checkDomainOwners(
  host: string,
  appEnvironment: AppEnvironment,
  owners: ReadonlyMap<string, string>,
  domains: readonly string[],
): void {
  checkDomainNames(domains);
  for (const domain of domains) {
    const owner = owners.get(domain);
    if (owner === undefined || owner === baseProject(appEnvironment)) continue;
    throw new ConfigurationError(
      `${host}: the domain ${domain} already leads to ${owner}. Take it away there first, or remove it from "domains".`,
    );
  }
}

/** Each domain on a host with its owner, `<app>-<environment>`; the front need not run. */
export async function readDomainOwners(engine: Engine, front: string): Promise<ReadonlyMap<string, string>> {
  const files = await engine.readFiles(front, DOMAINS_FOLDER);
  const owners = [...files].flatMap(([path, content]) => {
    const [domain, file] = path.split('/').slice(-2);
    const [owner] = content.toString('utf8').split(' ');
    return file === 'owner' && domain !== undefined && owner !== undefined ? [[domain, owner] as const] : [];
  });
  return new Map(owners);
}

/**
 * @throws ConfigurationError for a domain that can't be part of a socket's path: it is too long, or no host name
 */
export function checkDomainNames(domains: readonly string[]): void {
  for (const domain of domains) {
    if (domain.length > MAX_DOMAIN_LENGTH) {
      throw new ConfigurationError(
        `domains: "${domain}" has ${domain.length} characters. Sealift serves domains of at most ${MAX_DOMAIN_LENGTH}: they are part of the path of a socket, which Linux limits.`,
      );
    }
    if (!/^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(domain)) {
      throw new ConfigurationError(
        `domains: "${domain}" is not a domain in lower case, such as shop.example.com.`,
      );
    }
  }
}

/** @throws HostError naming the owners when domains on a host belong to others than this app */
export function refuseForeignDomains(
  host: string,
  appEnvironment: AppEnvironment,
  domains: ReadonlyMap<string, string>,
  why: string,
): void {
  const others = [...domains].filter(([, owner]) => owner !== baseProject(appEnvironment));
  if (others.length === 0) return;
  const names = [...new Set(others.map(([, owner]) => owner))].join(', ');
  throw new HostError(host, `${why} It serves domains of ${names} too, so it is left as it is.`);
}
