/**
 * An app that behaves as its environment says, well or badly.
 *
 *   VERSION          what it answers; in the image, so that each version has a digest of its own
 *   PORT             HTTP, 3000; 0 for none
 *   TCP_PORT, UDP_PORT   echo `<version>:<what came>`
 *   BOOT_MS          listens only after that
 *   UP_AFTER_MS      /up answers 503 until then; `never`
 *   EXIT_AFTER_MS, EXIT_CODE   ends by itself
 *   HOG              eats memory until it is killed
 *   ON_SIGTERM       drain (finish what is in flight, then go), exit (at once), ignore
 *   WORKER_FILE      appends `<ms since 1970> <version> start|beat|stop` lines
 */
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { appendFileSync, readFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { hostname } from 'node:os';

const env = process.env;
const number = (name, otherwise) =>
  env[name] === undefined || env[name] === '' ? otherwise : Number(env[name]);
const version = env.VERSION ?? '0';
const began = Date.now();
const say = (text) => console.log(`probe ${version}: ${text}`);

say('starts');
const worker = env.WORKER_FILE === undefined ? undefined : work(env.WORKER_FILE);
const server = number('PORT', 3000) === 0 ? undefined : createServer(answer);
server?.on('upgrade', upgrade);
setTimeout(listen, number('BOOT_MS', 0));
if (env.EXIT_AFTER_MS !== undefined) {
  setTimeout(() => {
    say(`ends with ${number('EXIT_CODE', 0)}`);
    process.exit(number('EXIT_CODE', 0));
  }, number('EXIT_AFTER_MS'));
}
if (env.HOG !== undefined) hog();

process.on('SIGTERM', () => {
  const how = env.ON_SIGTERM ?? 'drain';
  say(`was told to stop: ${how}`);
  if (how === 'ignore') return;
  worker?.stop();
  if (how === 'exit' || server === undefined) process.exit(0);
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});

function listen() {
  server?.listen(number('PORT', 3000), () => say(`listens on ${server.address().port}`));
  if (env.TCP_PORT !== undefined) {
    createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (data) => socket.write(`${version}:${data}`));
    }).listen(number('TCP_PORT'));
  }
  if (env.UDP_PORT !== undefined) {
    const socket = createSocket('udp4');
    socket.on('message', (data, from) => socket.send(`${version}:${data}`, from.port, from.address));
    socket.bind(number('UDP_PORT'));
  }
}

async function answer(request, response) {
  const url = new URL(request.url, 'http://probe');
  const query = (name) => url.searchParams.get(name) ?? '';
  const json = (value, status = 200) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(value)}\n`);
  const text = (value, status = 200) =>
    response.writeHead(status, { 'content-type': 'text/plain' }).end(value);
  switch (url.pathname) {
    case '/up': {
      const after = env.UP_AFTER_MS ?? '0';
      const up = after !== 'never' && Date.now() - began >= Number(after);
      return json({ up }, up ? 200 : 503);
    }
    case '/slow':
      setTimeout(() => json({ version }), Number(query('ms')));
      return undefined;
    case '/status':
      return json({ version }, Number(query('code')));
    case '/echo':
      response.writeHead(200, { 'x-version': version });
      return request.pipe(response);
    case '/upload': {
      const hash = createHash('sha256');
      let bytes = 0;
      for await (const chunk of request) {
        bytes += chunk.length;
        hash.update(chunk);
      }
      return json({ version, bytes, sha256: hash.digest('hex') });
    }
    case '/events':
      return events(response, Number(query('count')), Number(query('ms')));
    case '/headers':
      return json(request.headers);
    case '/env':
      return text(env[query('name')] ?? '', env[query('name')] === undefined ? 404 : 200);
    case '/file':
      return attempt(() => text(readFileSync(query('path'))), text);
    case '/ask':
      // What another service says, as this one reaches it.
      return get(query('url'), (other) => {
        response.writeHead(other.statusCode);
        other.pipe(response);
      }).on('error', (error) => text(error.message, 502));
    default:
      request.resume();
      return json({ version, container: hostname(), path: url.pathname, method: request.method });
  }
}

function attempt(task, text) {
  try {
    return task();
  } catch (error) {
    return text(error.message, 404);
  }
}

/** Server-sent events: `count` of them, one each `ms`. */
function events(response, count, ms) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let sent = 0;
  const timer = setInterval(() => {
    sent += 1;
    response.write(`data: ${version} ${sent}\n\n`);
    if (sent < count) return;
    clearInterval(timer);
    response.end();
  }, ms);
  response.on('close', () => clearInterval(timer));
}

/** A WebSocket that answers `<version>:<text>` (RFC 6455; short text messages only). */
function upgrade(request, socket) {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash('sha1').update(key).digest('base64');
  socket.on('error', () => {});
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.on('data', (frame) => {
    const opcode = frame[0] & 0x0f;
    const length = frame[1] & 0x7f;
    const payload = Buffer.from(frame.subarray(6, 6 + length).map((byte, at) => byte ^ frame[2 + (at % 4)]));
    if (opcode === 0x8) {
      socket.end(Buffer.concat([Buffer.from([0x88, payload.length]), payload]));
    } else if (opcode === 0x1) {
      const reply = Buffer.from(`${version}:${payload}`);
      socket.write(Buffer.concat([Buffer.from([0x81, reply.length]), reply]));
    }
  });
}

function work(file) {
  const write = (what) => appendFileSync(file, `${Date.now()} ${version} ${what}\n`);
  write('start');
  const timer = setInterval(() => write('beat'), 100);
  return {
    stop() {
      clearInterval(timer);
      write('stop');
    },
  };
}

function hog() {
  const eaten = [];
  setInterval(() => eaten.push(Buffer.alloc(16 * 1024 * 1024, 1)), 10);
}
