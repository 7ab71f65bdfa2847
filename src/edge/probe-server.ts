import { type CaddyJson, noAutomaticHttps, textResponse } from './caddy.ts';

/** A server on the edge's loopback that asks a container in its client's place and says what came of it. Pure. */

export const PROBE_ADDRESS = '127.0.0.1:2020';
export const PROBE_TARGET_HEADER = 'Sealift-Target';
export const PROBE_HOST_HEADER = 'Sealift-Host';

/**
 * Asked by `wget` from within the container: `wget` of its own would follow redirects and hides the cause of a failure.
 * Always 200; the body is the status code that the container answered, or why it did not.
 */
export const probeServer: CaddyJson = {
  listen: [PROBE_ADDRESS],
  protocols: ['h1'],
  automatic_https: noAutomaticHttps,
  routes: [
    {
      handle: [
        {
          handler: 'reverse_proxy',
          upstreams: [{ dial: `{http.request.header.${PROBE_TARGET_HEADER}}` }],
          headers: {
            request: {
              set: { Host: [`{http.request.header.${PROBE_HOST_HEADER}}`], 'User-Agent': ['sealift-health'] },
              delete: [PROBE_TARGET_HEADER, PROBE_HOST_HEADER],
            },
          },
          transport: {
            protocol: 'http',
            dial_timeout: '2s',
            response_header_timeout: '5s',
            keep_alive: { enabled: false },
          },
          handle_response: [
            { routes: [{ handle: [textResponse(200, '{http.reverse_proxy.status_code}')] }] },
          ],
        },
      ],
    },
  ],
  errors: { routes: [{ handle: [textResponse(200, '{http.error.message}')] }] },
};
