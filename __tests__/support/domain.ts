/** Domains of the lab's servers, which this machine can't look up, and whose certificates only the lab's authority vouches for. */
import type { Place } from './http.ts';
import type { Lab, Server } from './lab.ts';

/** Where a domain of a server is found. */
export function placeOf(lab: Lab, server: Server, domain: string): Required<Place> {
  return {
    url: `https://${domain}/`,
    connect: {
      ca: lab.acme.root,
      servername: domain,
      lookup: (_, options, found) => {
        if (options.all === true) found(null, [{ address: server.address, family: 4 }]);
        else found(null, server.address, 4);
      },
    },
  };
}

/** Inputs with which an app is served at domains, lines of `app.example.com=service:port`. */
export function domainInputs(lab: Lab, domains: readonly string[]): Record<string, string> {
  return {
    domains: domains.join('\n'),
    'acme-directory': lab.acme.directory,
    'acme-ca': lab.acme.root,
  };
}
