import { createConnection } from 'node:net';

/**
 * A minimal Redis client: one connection, answers in the order of the commands. It reconnects when the
 * connection is lost; commands that were sent in the meantime fail.
 *
 * @param {string} address `host:port`
 */
export function connect(address) {
  const [host, port] = address.split(':');
  let waiting = [];
  let socket;
  let closed = false;

  const open = () => {
    const mine = createConnection({ host, port: Number(port) });
    const asked = [];
    let received = Buffer.alloc(0);
    mine.on('data', (data) => {
      received = Buffer.concat([received, data]);
      for (let answer = read(received, 0); answer !== undefined; answer = read(received, 0)) {
        received = received.subarray(answer.end);
        const { resolve, reject } = asked.shift();
        if (answer.value instanceof Error) reject(answer.value);
        else resolve(answer.value);
      }
    });
    const lose = (error) => {
      if (socket === mine) socket = undefined;
      for (const { reject } of asked.splice(0)) reject(error);
    };
    mine.on('error', lose);
    mine.on('close', () => lose(new Error('The connection was closed.')));
    waiting = asked;
    socket = mine;
  };

  return {
    ask(...words) {
      if (closed) return Promise.reject(new Error('The store is closed.'));
      if (socket === undefined) open();
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        socket.write(
          `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`,
        );
      });
    },
    close() {
      closed = true;
      socket?.end();
    },
  };
}

/** One answer of the protocol (redis.io/docs/latest/develop/reference/protocol-spec), or undefined while it is incomplete. */
export function read(buffer, from) {
  const end = buffer.indexOf('\r\n', from);
  if (end < 0) return undefined;
  const text = buffer.toString('utf8', from + 1, end);
  const next = end + 2;
  switch (String.fromCharCode(buffer[from])) {
    case '+':
      return { value: text, end: next };
    case '-':
      return { value: new Error(text), end: next };
    case ':':
      return { value: Number(text), end: next };
    case '$': {
      const length = Number(text);
      if (length < 0) return { value: null, end: next };
      if (buffer.length < next + length + 2) return undefined;
      return { value: buffer.toString('utf8', next, next + length), end: next + length + 2 };
    }
    default: {
      if (Number(text) < 0) return { value: null, end: next };
      const value = [];
      let at = next;
      while (value.length < Number(text)) {
        const item = read(buffer, at);
        if (item === undefined) return undefined;
        value.push(item.value);
        at = item.end;
      }
      return { value, end: at };
    }
  }
}
