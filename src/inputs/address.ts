import { ConfigurationError } from '../model/errors.ts';
import type { HostAddress } from '../model/request.ts';

/** Takes the URL of a host apart: `ssh://user@host:port`, `tcp://host:2376` or `unix:///path`. */
export function parseAddress(text: string): HostAddress {
  const scheme = /^(?<scheme>[a-z][a-z0-9+.-]*):\/\//.exec(text)?.groups?.['scheme'];
  if (scheme === 'unix' && text.startsWith('unix:///')) {
    return { kind: 'unix', name: text, path: text.slice('unix://'.length) };
  }
  const url = (scheme === 'ssh' || scheme === 'tcp') && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === '') {
    throw new ConfigurationError(
      `hosts: "${text}" is none of ssh://user@host:port, tcp://host:2376 and unix:///path.`,
    );
  }
  const port = url.port === '' ? undefined : Number(url.port);
  const { hostname } = url;
  if (url.protocol === 'tcp:')
    return { kind: 'tcp', name: `tcp://${url.host}`, hostname, port: port ?? 2376 };
  const user = url.username === '' ? undefined : url.username;
  return {
    kind: 'ssh',
    name: `ssh://${user === undefined ? '' : `${user}@`}${url.host}`,
    user,
    hostname,
    port,
  };
}
