import type { Plugin } from 'esbuild';

/**
 * `@actions/*` load undici at start, but need it only for GitHub's API. Node has it built in as `fetch`: the package itself is a chunk that
 * is loaded only behind a proxy. That saves each command 33 ms of CPU at its start, and an approval a third of its own.
 */
export const undiciAtFirstUse: Plugin = {
  name: 'undici at first use',
  setup(build) {
    build.onResolve({ filter: /^undici$/ }, ({ importer, resolveDir }) =>
      importer.includes('/@actions/')
        ? { path: 'undici', namespace: 'first-use', pluginData: resolveDir }
        : undefined,
    );
    // If another name is imported, the build fails, not the bundle.
    build.onLoad({ filter: /^undici$/, namespace: 'first-use' }, ({ pluginData }) => ({
      contents: `
        export class ProxyAgent {
          constructor(options) { this.options = options; }
          close() { return this.agent?.close(); }
        }
        export const fetch = async (url, { dispatcher, ...options } = {}) => {
          if (dispatcher === undefined) return await globalThis.fetch(url, options);
          const undici = await import('undici');
          dispatcher.agent ??= new undici.ProxyAgent(dispatcher.options);
          return await undici.fetch(url, { ...options, dispatcher: dispatcher.agent });
        };`,
      resolveDir: pluginData,
    }));
  },
};

/**
 * `@actions/core` needs its HTTP client only to ask for an OIDC token. Imported as it is, esbuild would put the client, and
 * undici with it, into the chunk that every command loads, as soon as one other chunk uses it too.
 */
export const httpClientAtFirstUse: Plugin = {
  name: 'http-client at first use',
  setup(build) {
    build.onResolve({ filter: /^@actions\/http-client$/ }, ({ importer, resolveDir }) =>
      importer.includes('/@actions/core/')
        ? { path: 'http-client', namespace: 'first-use', pluginData: resolveDir }
        : undefined,
    );
    build.onLoad({ filter: /^http-client$/, namespace: 'first-use' }, ({ pluginData }) => ({
      contents: `
        export class HttpClient {
          #options;
          constructor(...options) { this.#options = options; }
          async getJson(...args) {
            const { HttpClient } = await import('@actions/http-client');
            return new HttpClient(...this.#options).getJson(...args);
          }
        }`,
      resolveDir: pluginData,
    }));
  },
};

/**
 * What the command line and the post step take from elsewhere in src/ is in the bundle of the actions, which exports it: no second
 * copy of it. Of the post step that is only what it loads after a step was killed.
 */
export const fromBundle: Plugin = {
  name: 'from the bundle of the actions',
  setup(build) {
    const external = { path: './sealift.js', external: true };
    build.onResolve({ filter: /^\.\/commands\/finish\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? external : undefined,
    );
    build.onResolve({ filter: /^\.\.\// }, ({ path, resolveDir }) =>
      /\/src\/(?:cli|init)$/.test(resolveDir) && !path.startsWith('../init/') ? external : undefined,
    );
  },
};
