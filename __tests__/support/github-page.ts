import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Shows markdown as GitHub does: its own renderer (cmark-gfm), its stylesheet, and Mermaid for the diagrams, in a real
 * browser. Needs Debian's packages `chromium`, `cmark-gfm` and fonts; `script/screenshots --install` installs them.
 */

const run = promisify(execFile);
const { resolve: locate } = createRequire(import.meta.url);

/** Which of the programs that it needs this machine lacks. */
export async function missingPrograms(): Promise<readonly string[]> {
  const found = await Promise.all(
    ['chromium', 'cmark-gfm'].map(async (program) => {
      const isThere = await run(program, ['--version']).then(
        () => true,
        () => false,
      );
      return isThere ? [] : [program];
    }),
  );
  return found.flat();
}

/** Pixels. GitHub's summary page is about as wide. */
export const PAGE_WIDTH = 1012;

/** A page with some markdown texts, each in an `<article>`. */
async function pageOf(texts: readonly string[], folder: string): Promise<string> {
  const extensions = ['table', 'strikethrough', 'autolink', 'tagfilter'].flatMap((name) => ['-e', name]);
  const articles = await Promise.all(
    texts.map(async (text, index) => {
      const file = join(folder, `${index}.md`);
      await writeFile(file, text);
      const { stdout } = await run('cmark-gfm', ['--unsafe', ...extensions, file], { maxBuffer: 2 ** 28 });
      return `<article class="markdown-body">${stdout}</article>`;
    }),
  );
  const mermaid = locate('@mermaid-js/tiny');
  return `<!doctype html><meta charset="utf-8">
<style>${await readFile(locate('github-markdown-css/github-markdown-light.css'), 'utf8')}</style>
<style>body { margin: 0; padding: 24px; box-sizing: border-box; width: ${PAGE_WIDTH}px }</style>
${articles.join('\n')}
<script src="file://${mermaid}"></script>
<script>
  mermaid.initialize({ startOnLoad: false, theme: 'default' });
  (async () => {
    for (const code of document.querySelectorAll('pre > code.language-mermaid')) {
      const diagram = document.createElement('div');
      diagram.className = 'mermaid';
      diagram.textContent = code.textContent;
      code.parentElement.replaceWith(diagram);
      await mermaid.run({ nodes: [diagram] }).catch((error) => diagram.setAttribute('data-error', String(error.message ?? error)));
    }
    document.body.setAttribute('data-height', document.body.offsetHeight);
    document.body.setAttribute('data-done', 'true');
  })();
</script>`;
}

async function browse(
  texts: readonly string[],
  options: (folder: string) => readonly string[],
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sealift-page-'));
  try {
    const page = join(folder, 'page.html');
    await writeFile(page, await pageOf(texts, folder));
    const always = ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--lang=en'];
    const profile = `--user-data-dir=${join(folder, 'profile')}`;
    const { stdout } = await run(
      'chromium',
      [...always, profile, '--virtual-time-budget=60000', ...options(folder), `file://${page}`],
      { maxBuffer: 2 ** 28 },
    );
    return stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The page as the browser has it, as HTML. */
export const renderedPage = (texts: readonly string[]): Promise<string> =>
  browse(texts, () => ['--dump-dom']);

/** Takes a picture of a page, as high as it is. */
export async function takeScreenshot(text: string, file: string): Promise<void> {
  const [, height = '800'] = /data-height="(\d+)"/.exec(await renderedPage([text])) ?? [];
  await browse([text], () => [
    ...[`--window-size=${PAGE_WIDTH},${height}`, '--force-device-scale-factor=1.5'],
    `--screenshot=${file}`,
  ]);
}
