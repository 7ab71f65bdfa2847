/**
 * Logins at once at one machine. sshd refuses some from the tenth on whose login is not done (MaxStartups 10:30:100), and other
 * jobs log in there too.
 */
const AT_ONCE = 6;

/** A line at one machine: the first hosts of a fleet enter, each of the others when one leaves. */
class LoginQueue {
  readonly #waiting: (() => void)[] = [];
  #free = AT_ONCE;

  async enter(): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    };
  }
}

const queues = new Map<string, LoginQueue>();

/**
 * Waits until this machine may be asked for one more login.
 * @param firstHop the machine that sees the login first: a jump host, or the host itself
 * @returns a function that ends the turn; more calls of it do nothing
 */
export async function enterLoginQueue(firstHop: string): Promise<() => void> {
  let queue = queues.get(firstHop);
  if (queue === undefined) {
    queue = new LoginQueue();
    queues.set(firstHop, queue);
  }
  return await queue.enter();
}
