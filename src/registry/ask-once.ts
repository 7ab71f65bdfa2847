import { RegistryError } from './registry-error.ts';

/**
 * Asks once for all who want to know at the same time or later; after a failure, again. Whoever waits for somebody else's question
 * asks again if that one has given up.
 */
export async function askOnce<Answer>(
  answers: Map<string, Promise<Answer>>,
  key: string,
  ask: () => Promise<Answer>,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  for (;;) {
    const known = answers.get(key);
    if (known === undefined) {
      const asked = ask();
      answers.set(key, asked);
      asked.catch(() => answers.delete(key));
      return await asked;
    }
    try {
      return await known;
    } catch (error) {
      if (error instanceof RegistryError || signal?.aborted) throw error;
    }
  }
}
