/** Whether a text matches a pattern, in which `*` stands for anything except `/`, and `**` for anything. Pure. */
export function matchesPattern(pattern: string, text: string): boolean {
  const parts = pattern.split(/(\*\*?)/).map((part) => {
    if (part === '**') return '.*';
    return part === '*' ? '[^/]*' : part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`, 's').test(text);
}
