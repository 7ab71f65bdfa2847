import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

/** What GitHub would say of a file, without asking GitHub. */
export interface Verdicts {
  /** Errors in an action.yml. */
  action(name: string, content: string): string[];
  /**
   * Errors in a workflow, and between it and the workflows of this repository that it calls: their inputs and secrets.
   *
   * @param read gives the content of a called workflow
   */
  workflow(name: string, content: string, read: (path: string) => string): Promise<string[]>;
}

type Parser = typeof import('@actions/workflow-parser') & {
  readonly parseAction: typeof import('@actions/workflow-parser/actions/action-parser').parseAction;
};

/** GitHub's own parser of workflows and actions. */
export async function loadVerdicts(): Promise<Verdicts> {
  const { parseAction, parseWorkflow, convertWorkflowTemplate, NoOperationTraceWriter } =
    await bundledParser();
  const silent = new NoOperationTraceWriter();
  return {
    action(name, content) {
      const { context } = parseAction({ name, content }, silent);
      return context.errors.getErrors().map((error) => error.message);
    },
    async workflow(name, content, read) {
      const { context, value } = parseWorkflow({ name, content }, silent);
      const files = {
        async getFileContent(called: { readonly path: string; readonly repository?: string }) {
          if (called.repository !== undefined && called.repository !== 'sealift') {
            throw new Error('A workflow of another repository is not here to be read.');
          }
          return { name: called.path, content: read(called.path) };
        },
      };
      if (value !== undefined) {
        await convertWorkflowTemplate(context, value, files, { fetchReusableWorkflowDepth: 1 });
      }
      return context.errors.getErrors().map((error) => error.message);
    },
  };
}

/** Some of what is bundled is CommonJS. */
const REQUIRE =
  "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);";

/** As it is on npm Node can't load the parser: its imports of JSON lack the attribute. esbuild does not ask for it. */
async function bundledParser(): Promise<Parser> {
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
