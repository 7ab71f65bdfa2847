import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import type { ServiceAndPort } from '../model/deploy-options.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { Inputs } from './reader.ts';

const DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** `app.example.com` or `app.example.com=web:8080`, one per line. */
export function readDomainsInput(inputs: Inputs): ReadonlyMap<string, ServiceAndPort | undefined> {
  const domains = new Map<string, ServiceAndPort | undefined>();
  for (const line of inputs.lines('domains')) {
    const equals = line.indexOf('=');
    const domain = parseDomain(equals < 0 ? line : line.slice(0, equals).trim());
    if (domains.has(domain))
      throw new ConfigurationError(`domains: "${domain}" is listed twice. Remove one of the lines.`);
    domains.set(domain, equals < 0 ? undefined : parseServiceAndPort(domain, line.slice(equals + 1).trim()));
  }
  return domains;
}

/** The domain as browsers send it: lower case, other scripts in their ASCII form (IDNA). */
function parseDomain(text: string): string {
  const refuse = (problem: string) => new ConfigurationError(`domains: "${text}" ${problem}`);
  if (text.includes('*'))
    throw refuse('is a wildcard, but each certificate is for one name. List the domains.');
  if (text.includes('/')) throw refuse('is a URL. Write only the domain, without https:// and path.');
  if (isIP(text) !== 0)
    throw refuse('is an IP address, and there are no certificates for those. Publish a port instead.');
  if (text.includes(':'))
    throw refuse('has a port. Domains are served on 443 and 80; write the app port as domain=service:port.');
  const domain = domainToASCII(text);
  if (domain.length > 253 || !domain.split('.').every((label) => DNS_LABEL.test(label)))
    throw refuse('is not a domain name. Write app.example.com, for example.');
  return domain;
}

function parseServiceAndPort(domain: string, text: string): ServiceAndPort {
  const { service, port } = /^(?<service>[A-Za-z0-9._-]+)(?::(?<port>.*))?$/.exec(text)?.groups ?? {};
  if (service === undefined || (port !== undefined && !isPort(port))) {
    throw new ConfigurationError(
      `domains: "${text}" after ${domain}= is not a service. Write service or service:port, such as web:8080.`,
    );
  }
  return { service, port: port === undefined ? undefined : Number(port) };
}

/** Whether the text is a TCP port: 1 to 65535, without leading zeros. */
export function isPort(text: string): boolean {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535;
}
