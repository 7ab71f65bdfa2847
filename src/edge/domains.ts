import type { Engine } from '../engine/engine.ts';
import { type AppEnvironment, baseProject } from '../model/app-environment.ts';
import { ConfigurationError, HostError } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';
import { inputRef } from '../model/input-ref.ts';
import { DOMAINS_FOLDER, MAX_DOMAIN_LENGTH } from './layout.ts';
import { runScript, type Script } from './script.ts';

/**
 * Domains on the front's volume. Each is a directory with the name of its owner and a link to the owner's socket; it is created
 * and removed while the front runs. `ln` without -f creates the owner's file only if there is none. So if two apps claim a
 * domain at the same time, one of them is refused.
 */
const CLAIM_SCRIPT: Script = {
  name: 'domains',
  action: 'write which domains the app has',
  text: `
set -eu
cd "$1"; project=$2; shift 2
owner_of() { owner=; route=; if [ -e "$1/owner" ]; then read -r owner route < "$1/owner" || :; fi; }
taken=
for pair in "$@"; do
  owner_of "\${pair%%=*}"
  if [ -n "$owner" ] && [ "$owner" != "$project" ]; then echo "taken \${pair%%=*} $owner"; taken=1; fi
done
[ -z "$taken" ] || exit 0
for pair in "$@"; do
  domain=\${pair%%=*}; wanted=\${pair#*=}
  owner_of "$domain"
  # Nothing to write, so a full disk is in nobody's way.
  if [ "$owner" = "$project" ] && [ "$route" = "$wanted" ]; then continue; fi
  mkdir -p "$domain"
  # Not by printf itself: it does not say why it can't write.
  printf '%s %s\\n' "$project" "$wanted" | cat > "$domain/.owner.$$"
  ln -sfn "../../apps/$project.$wanted/s" "$domain/.s.$$"; mv -f "$domain/.s.$$" "$domain/s"
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
 * Routes exactly these domains to an app's edge. Other domains of the app are released.
 *
 * @param domains route by domain
 * @throws ConfigurationError if a domain belongs to another app; then nothing is changed
 */
export async function setDomains(
  engine: Engine,
  front: string,
  app: AppEnvironment,
  domains: ReadonlyMap<string, string>,
): Promise<void> {
  const names = [...domains.keys()];
  checkDomainNames(names);
  const pairs = [...domains].map(([domain, route]) => `${domain}=${route}`);
  const printed = await runScript(engine, front, CLAIM_SCRIPT, [DOMAINS_FOLDER, baseProject(app), ...pairs]);
  const taken = printed.matchAll(/^taken (\S+) (\S+)/gm);
  const owners = new Map([...taken].map(([, domain = '', owner = '']) => [domain, owner]));
  checkDomainOwners(engine.host, app, owners, names);
}

/** @throws ConfigurationError for a domain that can't be served, or that belongs to another app */
export function checkDomainOwners(
  host: HostName,
  app: AppEnvironment,
  owners: ReadonlyMap<string, string>,
  domains: readonly string[],
): void {
  checkDomainNames(domains);
  for (const domain of domains) {
    const owner = owners.get(domain);
    if (owner === undefined || owner === baseProject(app)) continue;
    throw new ConfigurationError(
      `domains: on ${host}, ${domain} already points to ${owner}. Remove it there first, or remove it from "${inputRef('domains')}" here.`,
    );
  }
}

/** The owner of each domain on a host, as `<app>-<environment>`. The front does not have to run. */
export async function readDomainOwners(engine: Engine, front: string): Promise<ReadonlyMap<string, string>> {
  return domainOwnersIn(await engine.readFiles(front, DOMAINS_FOLDER));
}

/** The owner of each domain in the files of the front's volume, or of its directory of domains. */
export function domainOwnersIn(files: ReadonlyMap<string, Buffer>): ReadonlyMap<string, string> {
  const owners = [...files].flatMap(([path, content]) => {
    const [domain, file] = path.split('/').slice(-2);
    const [owner = ''] = content.toString('utf8').split(' ');
    return file === 'owner' && domain !== undefined ? [[domain, owner] as const] : [];
  });
  return new Map(owners);
}

/** @throws ConfigurationError for a domain that can't be part of a socket's path: it is too long, or not a host name */
export function checkDomainNames(domains: readonly string[]): void {
  for (const domain of domains) {
    if (domain.length > MAX_DOMAIN_LENGTH) {
      throw new ConfigurationError(
        `domains: "${domain}" has ${domain.length} characters. Sealift serves domains of at most ${MAX_DOMAIN_LENGTH}, because they are part of the path of a socket, which Linux limits. Use a shorter one.`,
      );
    }
    if (!/^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(domain)) {
      throw new ConfigurationError(
        `domains: "${domain}" is not a domain in lower case, such as shop.example.com.`,
      );
    }
  }
}

/** @throws HostError with the other owners, if domains on a host do not all belong to this app */
export function refuseForeignDomains(
  host: HostName,
  app: AppEnvironment,
  owners: ReadonlyMap<string, string>,
  reason: string,
): void {
  const others = new Set([...owners.values()].filter((owner) => owner !== baseProject(app)));
  if (others.size === 0) return;
  const names = [...others].join(', ');
  throw new HostError(
    host,
    `${reason} It serves domains of ${names} too, so Sealift does not replace it. Give all apps of this host the same "${inputRef('acme-directory')}" and "${inputRef('acme-ca')}".`,
  );
}
