/**
 * An app that behaves as its environment says, well or badly.
 *
 *   VERSION          what it answers; in the image, so that each version has a digest of its own
 *   PORT             HTTP, 3000; 0 for none
 *   SECOND_PORT      HTTP there too, with the same answers
 *   TCP_PORT, UDP_PORT   echo `<version>:<what came>`
 *   BOOT_MS          listens only after that
 *   UP_AFTER_MS      /up answers 503 until then; `never`
 *   DOWN_AFTER_REQUESTS   /up answers 503 after so many requests, while all else is answered as before
 *   HANG_AFTER_REQUESTS   answers nothing any more after so many requests, not even /up, though it goes on running
 *   EXIT_AFTER_MS, EXIT_AFTER_REQUESTS, EXIT_CODE   ends by itself: so long after it was started; after so many requests; at
 *                    SIGUSR2
 *   ONE_EXITS        ends at once, as often as it is started, if it is the one that made this file: so of several replicas one fails
 *   ERROR_RATE, SEED   so many of 100 requests are answered 500; by chance, the same with the same seed
 *   LATENCY_MS       waits so long before each answer
 *   PRINT_MB, PRINT_LINE   prints so many megabytes first, in lines of so many bytes; of more than a million: as one line
 *   HOG              eats memory until it is killed
 *   ON_SIGTERM       drain (finish what is in flight, then go), exit (at once), ignore, leave (/up answers 503 until
 *                    nobody else asks any more, and then drain), part (ends each kept connection with its next answer, and drains
 *                    once nobody has asked for a second)
 *   WORKER_FILE      appends `<ms since 1970> <version> start|beat|stop` lines
 *
 * Every answer says who gave it: `x-release` is the version, `x-container` the container's name. /up is never slow or faulty
 * by ERROR_RATE, LATENCY_MS and EXIT_AFTER_REQUESTS: what a health check does not see is what these are for. It is no request
 * that counts.
 */
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { hostname } from 'node:os';

const env = process.env;
const number = (name, otherwise) =>
  env[name] === undefined || env[name] === '' ? otherwise : Number(env[name]);
const version = env.VERSION ?? '0';
const began = Date.now();
const random = randomFrom(number('SEED', 1));
const webSockets = new Set();
let requests = 0;
let leaving = false;
let parting = false;
let unwellAnswers = 0;
let lastRequest = 0;
const say = (text) => console.log(`probe ${version}: ${text}`);

say('starts');
const worker = env.WORKER_FILE === undefined ? undefined : work(env.WORKER_FILE);
await print(number('PRINT_MB', 0) * 1_000_000, number('PRINT_LINE', 1000));
const ports = [number('PORT', 3000), number('SECOND_PORT', 0)].filter((port) => port !== 0);
const servers = ports.map((port) => ({ port, server: createServer(answer).on('upgrade', upgrade) }));
setTimeout(listen, number('BOOT_MS', 0));
if (number('EXIT_AFTER_MS') !== undefined) setTimeout(end, number('EXIT_AFTER_MS'));
if (env.HOG) hog();
if (env.ONE_EXITS) exitIfFirst(env.ONE_EXITS);

process.on('SIGUSR2', end);
process.on('SIGTERM', () => {
  const how = env.ON_SIGTERM ?? 'drain';
  say(`was told to stop: ${how}`);
  if (how === 'ignore') return;
  worker?.stop();
  if (how === 'leave') {
    leaving = true;
    drainOnceLeft();
  } else if (how === 'part') {
    parting = true;
    drainOnceParted();
  } else drain(how);
});

/** When whoever asks /up knows that this one leaves, and has gone elsewhere. */
function drainOnceLeft() {
  const timer = setInterval(() => {
    if (unwellAnswers < 3 || Date.now() - lastRequest < 500) return;
    clearInterval(timer);
    drain();
  }, 50);
}

/** A connection that is closed while a request is on its way loses it. */
function drainOnceParted() {
  const from = Date.now();
  const timer = setInterval(() => {
    if (Date.now() - Math.max(lastRequest, from) < 1000) return;
    clearInterval(timer);
    drain();
  }, 50);
}

function drain(how) {
  if (how === 'exit' || servers.length === 0) process.exit(0);
  let open = servers.length;
  for (const { server } of servers) {
    server.close(() => {
      open -= 1;
      if (open === 0) process.exit(0);
    });
    server.closeIdleConnections();
  }
  for (const socket of webSockets) socket.end(frame(0x8, Buffer.from([0x03, 0xe9])));
}

function end() {
  say(`ends with ${number('EXIT_CODE', 0)}`);
  process.exit(number('EXIT_CODE', 0));
}

function listen() {
  for (const { port, server } of servers) server.listen(port, () => say(`listens on ${port}`));
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

function answer(request, response) {
  const url = new URL(request.url, 'http://probe');
  response.setHeader('x-release', version);
  response.setHeader('x-container', hostname());
  if (requests >= number('HANG_AFTER_REQUESTS', Number.POSITIVE_INFINITY)) return request.resume();
  if (url.pathname === '/up') return up(response);
  if (parting) response.setHeader('connection', 'close');
  requests += 1;
  lastRequest = Date.now();
  if (requests > number('EXIT_AFTER_REQUESTS', Number.POSITIVE_INFINITY)) return end();
  if (random() * 100 < number('ERROR_RATE', 0)) {
    request.resume();
    return response.writeHead(500).end('an error of the app\n');
  }
  const latency = number('LATENCY_MS', 0);
  if (latency === 0) return serveOrGiveUp(url, request, response);
  return setTimeout(() => serveOrGiveUp(url, request, response), latency);
}

function up(response) {
  const age = Date.now() - began;
  const from = env.UP_AFTER_MS === 'never' ? Number.POSITIVE_INFINITY : number('UP_AFTER_MS', 0);
  if (leaving) unwellAnswers += 1;
  const up = !leaving && age >= from && requests < number('DOWN_AFTER_REQUESTS', Number.POSITIVE_INFINITY);
  response
    .writeHead(up ? 200 : 503, { 'content-type': 'application/json' })
    .end(`${JSON.stringify({ up })}\n`);
}

/** A visitor who goes away in the middle of an upload ends nobody's answer but his own. */
function serveOrGiveUp(url, request, response) {
  serve(url, request, response).catch((error) => {
    say(`${url.pathname}: ${error.message}`);
    response.destroy();
  });
}

async function serve(url, request, response) {
  const query = (name) => url.searchParams.get(name) ?? '';
  const json = (value, status = 200) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(value)}\n`);
  const text = (value, status = 200) =>
    response.writeHead(status, { 'content-type': 'text/plain' }).end(value);
  switch (url.pathname) {
    case '/slow':
      setTimeout(() => json({ version }), Number(query('ms')));
      return undefined;
    case '/held':
      return held(response, query('stream') !== '');
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
    case '/download':
      return download(response, Number(query('bytes')), Number(query('pieces')), Number(query('ms')));
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

/** An answer, begun at once if it is a stream, that ends when somebody makes the file /tmp/let-go. */
function held(response, stream) {
  response.setHeader('content-type', 'text/event-stream');
  if (stream) response.write(`data: ${version} begins\n\n`);
  const timer = setInterval(() => {
    if (!existsSync('/tmp/let-go')) return;
    clearInterval(timer);
    response.end(`data: ${version} ends\n\n`);
  }, 20);
  response.on('close', () => clearInterval(timer));
}

/** Server-sent events: `count` of them, one each `ms`. */
function events(response, count, ms) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let sent = 0;
  const timer = setInterval(() => {
    sent += 1;
    response.write(`id: ${sent}\ndata: ${version} ${sent}\n\n`);
    if (sent < count) return;
    clearInterval(timer);
    response.end();
  }, ms);
  response.on('close', () => clearInterval(timer));
}

/** So many bytes in so many pieces, the last one after that many ms; `x-sha256` is over all of them. */
function download(response, bytes, pieces, ms) {
  const size = Math.ceil(bytes / pieces);
  const content = Buffer.alloc(bytes, `${version} says ${bytes} `);
  const sha256 = createHash('sha256').update(content).digest('hex');
  response.writeHead(200, { 'content-length': bytes, 'x-sha256': sha256 });
  let sent = 0;
  const timer = setInterval(() => {
    response.write(content.subarray(sent, sent + size));
    sent += size;
    if (sent < bytes) return;
    clearInterval(timer);
    response.end();
  }, ms / pieces);
  response.on('close', () => clearInterval(timer));
}

/** A WebSocket that answers `<version>:<text>` (RFC 6455; messages of one frame under 126 bytes). */
function upgrade(request, socket) {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash('sha1').update(key).digest('base64');
  webSockets.add(socket);
  socket.on('close', () => webSockets.delete(socket));
  socket.on('error', () => {});
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nx-release: ${version}\r\nx-visitor: ${request.headers['x-forwarded-for']}\r\n\r\n`,
  );
  let rest = Buffer.alloc(0);
  socket.on('data', (data) => {
    rest = Buffer.concat([rest, data]);
    // Several frames may come at once, or a part of one.
    while (rest.length >= 6 && rest.length >= 6 + (rest[1] & 0x7f)) {
      const [opcode, end] = [rest[0] & 0x0f, 6 + (rest[1] & 0x7f)];
      const mask = rest.subarray(2, 6);
      const payload = Buffer.from(rest.subarray(6, end).map((byte, at) => byte ^ mask[at % 4]));
      rest = rest.subarray(end);
      if (opcode === 0x8) socket.end(frame(0x8, payload));
      else if (opcode === 0x9) socket.write(frame(0xa, payload));
      else if (opcode === 0x1) socket.write(frame(0x1, Buffer.from(`${version}:${payload}`)));
    }
  });
}

function frame(opcode, payload) {
  return Buffer.concat([Buffer.from([0x80 | opcode, payload.length]), payload]);
}

/** Numbers from 0 to 1 that are the same with the same seed (mulberry32). */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
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

async function print(bytes, line) {
  const piece =
    line > 1_000_000 ? 'x'.repeat(1_000_000) : `${'x'.repeat(line - 1)}\n`.repeat(Math.ceil(100_000 / line));
  // Whoever reads it may be slower.
  for (let printed = 0; printed < bytes; printed += piece.length)
    await new Promise((resolve) => process.stdout.write(piece, resolve));
  if (bytes > 0) console.log();
}

function exitIfFirst(file) {
  try {
    writeFileSync(file, hostname(), { flag: 'wx' });
  } catch {
    // Not the first one, unless it is started once more.
    if (readFileSync(file, 'utf8') !== hostname()) return;
  }
  end();
}

function hog() {
  const eaten = [];
  setInterval(() => eaten.push(Buffer.alloc(16 * 1024 * 1024, 1)), 10);
}
