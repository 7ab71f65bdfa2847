/**
 * Connects to a host and stays connected, as a step that a test then kills. Argument: a file with `[address, access, folder]`
 * as JSON. Prints "connected" once the engine has answered and a stream of its events is open.
 */
import { readFileSync } from 'node:fs';
import { connect } from '../../src/engine/connect.ts';
import { runProgram } from '../support/run-program.ts';

const [address, access, folder] = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
const silent = () => undefined;
const log = { info: silent, notice: silent, warning: silent, debug: silent };
const engine = await connect(address, access, { run: runProgram, log, folder });
const events = await engine.events({}, new AbortController().signal);
process.stdout.write('connected\n');
for await (const event of events) process.stdout.write(`${event.action}\n`);
