/** The structure of a markdown page without its text. Hostile text must not be able to change it. */
export function outline(markdown: string): readonly string[] {
  const found: string[] = [];
  let fence: string | undefined;
  for (const line of markdown.split('\n')) {
    const ticks = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== undefined) {
      // Only one of the same character ends it (CommonMark, 4.5).
      if (ticks?.startsWith(fence) && line.trim() === ticks) fence = undefined;
      continue;
    }
    if (ticks !== undefined) {
      fence = ticks;
      found.push('fence');
    } else if (line.startsWith('|')) {
      found.push(`row of ${cells(line)}`);
    } else if (line !== '') {
      found.push(kind(line));
    }
    for (const tag of tags(line)) found.push(tag);
  }
  if (fence !== undefined) found.push('FENCE LEFT OPEN');
  return found;
}

/** Cells of a row as GitHub counts them: a backslash escapes the bar after it, in code spans too. */
const cells = (line: string): number => line.replace(/\\[^\w\s]/g, '').split('|').length - 2;

function kind(line: string): string {
  const marker = /^(?:#+ |> ?|[-*+] |\d+[.)] |={2,}|-{2,}|<)/.exec(line)?.[0];
  return marker ?? 'text';
}

/** Raw HTML outside of code spans. */
function tags(line: string): readonly string[] {
  const visible = line.replace(/<code>[^<]*<\/code>/g, '').replace(/(?<!\\)(`+)(?!`).*?(?<!`)\1(?!`)/g, '');
  return (
    visible
      .match(/<[^>]*>|<|(?<!\\)!\[|(?<!\\)\]\([^)]*\)/g)
      ?.map((each) => each.replace(/\]\(.*/, 'link')) ?? []
  );
}
