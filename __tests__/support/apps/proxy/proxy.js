/**
 * A proxy as people have in front of Docker: finds the containers that answer to the name SERVICE, asks each of them /up
 * and sends requests to those that are well; to another one when one refuses. Listens on 8080.
 */
import { resolve4 } from 'node:dns/promises';
import { Agent, createServer, get, request } from 'node:http';

const INTERVAL_MS = 200;
const service = process.env.SERVICE;
const agents = new Map();
let turn = 0;

async function look() {
  const addresses = await resolve4(service).catch(() => []);
  const well = await Promise.all(addresses.map(isWell));
  const fit = new Set(addresses.filter((_, at) => well[at]));
  for (const address of fit) if (!agents.has(address)) agents.set(address, new Agent({ keepAlive: true }));
  for (const address of agents.keys()) if (!fit.has(address)) leave(address);
  setTimeout(look, INTERVAL_MS);
}

/** No new request goes there; those in flight end in peace. */
function leave(address) {
  const agent = agents.get(address);
  agents.delete(address);
  agent.keepAlive = false;
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets) socket.destroy();
}

function isWell(host) {
  return new Promise((settle) => {
    const question = get({ host, port: 3000, path: '/up', agent: false, timeout: 2000 }, (answer) => {
      answer.resume();
      settle(answer.statusCode === 200);
    });
    question.on('timeout', () => question.destroy());
    question.on('error', () => settle(false));
  });
}

createServer(async (asked, answer) => {
  const parts = [];
  for await (const part of asked) parts.push(part);
  send(asked, Buffer.concat(parts), answer, 20);
}).listen(8080);

function send(asked, body, answer, tries) {
  const all = [...agents];
  turn += 1;
  const [host, agent] = all[turn % all.length] ?? [];
  const again = (why) => {
    if (tries > 0) setTimeout(() => send(asked, body, answer, tries - 1), 50);
    else answer.writeHead(502).end(String(why));
  };
  if (host === undefined) return again('nobody is there');
  const { method, url: path, headers } = asked;
  const { connection, ...rest } = headers;
  return request({ host, port: 3000, method, path, headers: rest, agent }, (given) => {
    const { connection: theirs, 'keep-alive': kept, ...said } = given.headers;
    answer.writeHead(given.statusCode, said);
    given.pipe(answer);
  })
    .on('error', (error) => {
      // A request that arrived somewhere is never sent a second time.
      if (error.code === 'ECONNREFUSED' || error.code === 'EHOSTUNREACH') again(error.message);
      else if (answer.headersSent) answer.destroy();
      else answer.writeHead(502).end(error.message);
    })
    .end(body);
}

void look();
