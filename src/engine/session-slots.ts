import type { SshConnection } from './ssh-host.ts';

/** Room for one session. */
export interface SessionSlot {
  readonly connection: SshConnection;
  release(): void;
}

/** How many sessions sshd gives on each connection of a host (MaxSessions), and who has them. */
export class SessionSlots {
  readonly #free: SshConnection[] = [];
  readonly #waiting: ((connection: SshConnection) => void)[] = [];
  #size = 0;

  /** All sessions, free or not. */
  get size(): number {
    return this.#size;
  }

  add(connection: SshConnection, sessions: number): void {
    this.#size += sessions;
    for (let session = 0; session < sessions; session += 1) this.#offer(connection);
  }

  /** Waits in line until one is free. */
  async take(): Promise<SessionSlot> {
    const connection =
      this.#free.shift() ?? (await new Promise<SshConnection>((resolve) => this.#waiting.push(resolve)));
    let taken = true;
    return {
      connection,
      release: () => {
        if (taken) this.#offer(connection);
        taken = false;
      },
    };
  }

  #offer(connection: SshConnection): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(connection);
    else next(connection);
  }
}
