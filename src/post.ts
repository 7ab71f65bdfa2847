/** The door that the runner knocks at when the job ends, however it ends. */
export function post(): Promise<void> {
  return Promise.resolve();
}
