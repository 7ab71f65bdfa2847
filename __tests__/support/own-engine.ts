/** The action's own way to a server's engine, for what is tried without a whole deploy. */
import { connect } from '../../src/engine/connect.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { parseHostAddress } from '../../src/model/host-address.ts';
import { makeStepContext, type TestStepContext } from '../engine/step-context.ts';
import type { Lab, Server } from './lab.ts';

export interface OwnEngine {
  /** Another one after it was opened again. */
  readonly engine: Engine;
  readonly step: TestStepContext;
  /** After the engine was restarted. */
  reopen(): Promise<Engine>;
  close(): Promise<void>;
}

/** Connects to a server of the lab over TLS. */
export async function ownEngine(lab: Lab, server: Server): Promise<OwnEngine> {
  const step = await makeStepContext();
  const open = (): Promise<Engine> =>
    connect(parseHostAddress(server.tcpUrl), { ssh: undefined, tls: lab.tls.own }, step);
  let engine = await open();
  return {
    get engine() {
      return engine;
    },
    step,
    async reopen() {
      await engine[Symbol.asyncDispose]();
      engine = await open();
      return engine;
    },
    async close() {
      await engine[Symbol.asyncDispose]();
      await step.remove();
    },
  };
}
