import { isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { ConfigurationError } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';
import type { HealthSettings } from '../model/release.ts';
import { isPort } from './domains.ts';
import type { Inputs } from './reader.ts';
import { readStatusCodes } from './status-codes.ts';

/** RFC 3986: the characters of a path and a query. */
const HEALTH_PATH = /^\/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*$/;

/** How the edge asks the app, and how long a release may take to become healthy. */
export function readHealth(inputs: Inputs): HealthSettings {
  const timeout = inputs.duration('health-timeout');
  const host = readHealthHost(inputs);
  const status = readHealthStatus(inputs);
  const path = readHealthPath(inputs);
  if (status !== undefined && path === undefined) {
    throw new ConfigurationError(
      `health-status: it says what "${inputRef('health-path')}" may answer, and that is not set. Set "${inputRef('health-path')}" as well; without it, any answer of the app counts.`,
    );
  }
  return {
    path,
    timeout,
    ...(host === undefined ? {} : { host }),
    ...(status === undefined ? {} : { status }),
  };
}

function readHealthPath(inputs: Inputs): string | undefined {
  const path = inputs.text('health-path');
  if (path === undefined || HEALTH_PATH.test(path)) return path;
  throw new ConfigurationError(
    `health-path: "${path}" is not a path. Write the part of the URL after the host, beginning with "/": /up.`,
  );
}

/** A host name or an address, possibly with a port, as browsers send it: lower case, other scripts in their ASCII form. */
function readHealthHost(inputs: Inputs): string | undefined {
  const text = inputs.text('health-host');
  if (text === undefined) return undefined;
  const { name = '', port } = /^(?<name>\[[^\]]*\]|[^:/?#@\\\s]*)(?::(?<port>.*))?$/.exec(text)?.groups ?? {};
  const host = name.startsWith('[') ? ipv6Host(name) : domainToASCII(name);
  if (/^[a-z0-9._-]+$|^\[/.test(host) && (port === undefined || isPort(port)))
    return port === undefined ? host : `${host}:${port}`;
  throw new ConfigurationError(
    `health-host: "${text}" is not a host name. Write the name that the app answers to, without https:// and path: shop.example.com.`,
  );
}

const ipv6Host = (text: string): string => (isIPv6(text.slice(1, -1)) ? text.toLowerCase() : '');

/** `undefined`: the default, which no record of a release repeats. */
function readHealthStatus(inputs: Inputs): readonly number[] | undefined {
  const codes = readStatusCodes(inputs, 'health-status');
  return inputs.text('health-status') === inputs.defaultOf('health-status') ? undefined : codes;
}
