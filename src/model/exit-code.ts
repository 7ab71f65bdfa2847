/** What the kernel leaves of a program that it kills for memory: docs.docker.com/engine/containers/run/#exit-status */
export const KILLED_EXIT_CODE = 137;

/** @param what the program, as errors name it */
export const killedText = (what: string, where: string): string =>
  `${what} was killed in ${where} (exit code ${KILLED_EXIT_CODE}): it was probably out of memory.`;
