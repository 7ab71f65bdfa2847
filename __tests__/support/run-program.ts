import { createProgramRunner } from '../../src/run/run-program.ts';

/** Runs a program as an action does, without its log. */
export const runProgram = createProgramRunner();
