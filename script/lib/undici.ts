import type { Plugin } from 'esbuild';

/**
 * `@actions/*` load undici at start, but need it only for GitHub's API and behind a proxy. Loading it at first use reduces
 * the start of every command from 76 to 43 ms of CPU (Node 24, `@actions/core` alone).
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
        export const fetch = (...args) => require('undici').fetch(...args);
        export function ProxyAgent(...args) { return new (require('undici').ProxyAgent)(...args); }`,
      resolveDir: pluginData,
    }));
  },
};
