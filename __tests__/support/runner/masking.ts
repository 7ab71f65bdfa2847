/** A secret found where a person, a later step or a file can see it. */
export interface Leak {
  /** `log`, `summary`, `output digest`, `state lock`, … */
  readonly where: string;
  /** Which secret, never the secret: the name it was given. */
  readonly secret: string;
  /** As what it stands there: `as it is`, `a line of it`, `base64`, … */
  readonly form: string;
}

/** Hides values as the runner does: each registered value and each of its lines becomes `***`. */
export function mask(text: string, masks: readonly string[]): string {
  const pieces = new Set(
    masks.flatMap((value) => [value, ...value.split(/\r?\n/)]).filter((piece) => piece !== ''),
  );
  // The longest first, or a value that holds a shorter one would keep its rest.
  return [...pieces]
    .sort((a, b) => b.length - a.length)
    .reduce((masked, piece) => masked.replaceAll(piece, '***'), text);
}

/**
 * Looks for secrets in a text, in every form in which one could be read: as it is, one line of it, base64, percent-encoded, JSON.
 * The runner hides some of these too; whoever relies on that leaks elsewhere.
 */
export function leaksIn(where: string, text: string, secrets: ReadonlyMap<string, string>): Leak[] {
  const leaks: Leak[] = [];
  for (const [secret, value] of secrets) {
    for (const [form, piece] of formsOf(value)) {
      if (text.includes(piece)) {
        leaks.push({ where, secret, form });
        break;
      }
    }
  }
  return leaks;
}

function formsOf(secret: string): [form: string, piece: string][] {
  const value = secret.trim();
  if (value === '') return [];
  const forms: [string, string][] = [
    ['as it is', value],
    ['base64', Buffer.from(value).toString('base64')],
    ['base64 of it with its line break', Buffer.from(secret).toString('base64')],
    ['percent-encoded', encodeURIComponent(value)],
    ['as JSON', JSON.stringify(value).slice(1, -1)],
  ];
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  // The armour of a PEM file is no secret, and a short line stands in many texts.
  const telling = lines.filter((line) => line.length >= 8 && !line.startsWith('-----'));
  if (lines.length > 1) forms.push(...telling.map((line): [string, string] => ['a line of it', line]));
  return forms;
}
