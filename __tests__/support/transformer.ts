import { transformSync } from 'esbuild';

/** Takes the types off, as esbuild does for the bundle. Jest's own way, Babel, would be a second compiler. */
export default {
  process(source: string, path: string): { code: string } {
    const { code } = transformSync(source, {
      loader: 'ts',
      format: 'esm',
      target: 'node24',
      sourcefile: path,
      sourcemap: 'inline',
    });
    return { code };
  },
};
