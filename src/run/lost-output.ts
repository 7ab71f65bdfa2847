/** What to do when nobody reads the output any more. */
let onLostReader = (): void => undefined;
const handleError = (): void => onLostReader();

/**
 * Whoever reads the output of this process may be gone: a pipe that was closed, a terminal that was lost. By itself, Node would end the
 * process in the middle of what it does.
 * @param onLost called then; by default, what is under way goes on
 */
export function outliveReaders(onLost: () => void = () => undefined): void {
  onLostReader = onLost;
  for (const stream of [process.stdout, process.stderr])
    if (!stream.listeners('error').includes(handleError)) stream.on('error', handleError);
}
