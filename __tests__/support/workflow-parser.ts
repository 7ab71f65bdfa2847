import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Some of what it bundles is CommonJS. */
const REQUIRE =
  "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);";

type Parser = typeof import('@actions/workflow-parser') & {
  readonly parseAction: typeof import('@actions/workflow-parser/actions/action-parser').parseAction;
};

/** GitHub's own parser of workflows and actions. Bundled first: its imports of JSON lack what Node demands of them. */
export async function loadWorkflowParser(): Promise<Parser> {
  const folder = await mkdtemp(join(tmpdir(), 'workflow-parser-'));
  try {
    const outfile = join(folder, 'parser.mjs');
    await build({
      stdin: {
        contents: `
          export * from '@actions/workflow-parser';
          export { parseAction } from '@actions/workflow-parser/actions/action-parser';`,
        resolveDir: import.meta.dirname,
      },
      bundle: true,
      format: 'esm',
      platform: 'node',
      banner: { js: REQUIRE },
      outfile,
    });
    return await import(outfile);
  } finally {
    await rm(folder, { recursive: true });
  }
}
