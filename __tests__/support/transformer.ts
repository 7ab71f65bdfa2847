import { transformSync } from 'esbuild';
import { inputDefaults } from '../../script/lib/action-inputs.ts';

/**
 * Takes the types off, as esbuild does for the bundle. Jest's own way, Babel, would be a second compiler. An action.yml
 * is loaded as it is bundled.
 */
export default {
  process(source: string, path: string): { code: string } {
    if (path.endsWith('.yml')) return { code: `export default ${JSON.stringify(inputDefaults(source))};` };
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
