import { type CaddyJson, noAutomaticHttps, text } from './caddy.ts';

/** A server on the edge's loopback that asks a container in its client's place and says what came of it. Pure. */

export const PROBE = '127.0.0.1:2020';
export const TARGET_HEADER = 'Sealift-Target';
export const HOST_HEADER = 'Sealift-Host';

/**
 * Asked by `wget` from within the container: `wget` of its own would follow redirects and hides the cause of a failure.
 * Always 200; the body is the status code that the container answered, or why it did not.
 */
export const probeServer: CaddyJson = {
  listen: [PROBE],
  protocols: ['h1'],
  automatic_https: noAutomaticHttps,
  routes: [
    {
      handle: [
        {
          handler: 'reverse_proxy',
          upstreams: [{ dial: `{http.request.header.${TARGET_HEADER}}` }],
          headers: {
            request: {
              set: { Host: [`{http.request.header.${HOST_HEADER}}`], 'User-Agent': ['sealift-health'] },
              delete: [TARGET_HEADER, HOST_HEADER],
            },
          },
          transport: {
            protocol: 'http',
            dial_timeout: '2s',
            response_header_timeout: '5s',
            keep_alive: { enabled: false },
          },
          handle_response: [{ routes: [{ handle: [text(200, '{http.reverse_proxy.status_code}')] }] }],
        },
      ],
    },
  ],
  errors: { routes: [{ handle: [text(200, '{http.error.message}')] }] },
};
