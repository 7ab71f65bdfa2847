import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { ConfigurationError } from '../model/errors.ts';
import type { ComposeSource } from '../model/request.ts';
import { isPort } from './ports.ts';
import type { Inputs } from './reader.ts';

const DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** `app.example.com` or `app.example.com=web:8080`, one a line. */
export function readDomainsInput(inputs: Inputs): ComposeSource['domains'] {
  const domains = new Map<
    string,
    { readonly service: string; readonly port: number | undefined } | undefined
  >();
  for (const line of inputs.lines('domains')) {
    const equals = line.indexOf('=');
    const domain = parseDomain(equals < 0 ? line : line.slice(0, equals).trim());
    if (domains.has(domain)) throw new ConfigurationError(`domains: "${domain}" is given a second time.`);
    domains.set(domain, equals < 0 ? undefined : parseServiceAndPort(domain, line.slice(equals + 1).trim()));
  }
  return domains;
}

/** The domain in the form in which browsers ask for it: lower case, other scripts in their ASCII form (IDNA). */
function parseDomain(text: string): string {
  const refuse = (why: string) => new ConfigurationError(`domains: "${text}" ${why}`);
  if (text.includes('*'))
    throw refuse('is a wildcard, and each certificate is for one name. List the domains.');
  if (text.includes('/')) throw refuse('is an address. Write the domain alone, without https:// and path.');
  if (isIP(text) !== 0)
    throw refuse('is an IP address, for which no certificate is made. Publish a port instead.');
  if (text.includes(':'))
    throw refuse(
      'has a port. Domains are served on 443 (and 80); write the port of the app as domain=service:port.',
    );
  const domain = domainToASCII(text);
  if (domain.length > 253 || !domain.split('.').every((label) => DNS_LABEL.test(label))) {
    throw refuse('is not a domain name.');
  }
  return domain;
}

function parseServiceAndPort(
  domain: string,
  text: string,
): { readonly service: string; readonly port: number | undefined } {
  const parts = /^(?<service>[A-Za-z0-9._-]+)(?::(?<port>.*))?$/.exec(text)?.groups;
  const port = parts?.['port'];
  if (parts?.['service'] === undefined || (port !== undefined && !isPort(port))) {
    throw new ConfigurationError(
      `domains: "${text}" of ${domain} is not service or service:port, such as web:8080.`,
    );
  }
  return { service: parts['service'], port: port === undefined ? undefined : Number(port) };
}
