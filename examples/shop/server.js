import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { about } from './about.js';
import { page } from './page.js';
import { connect } from './store.js';

/**
 * The shop: answers each request. `store` is the database, or a replacement for it in a test.
 * After `closing.requested`, it says that it is not up.
 */
export function shop(store, closing = { requested: false }) {
  const routes = {
    'GET /': async () => html(page({ ...about, container: hostname(), ...(await numbers(store)) })),
    'POST /orders': async () => {
      await store.ask('LPUSH', 'orders', new Date().toISOString());
      return { status: 303, headers: { location: '/' }, body: '' };
    },
    'GET /numbers': async () => json(await numbers(store, { look: true })),
    'GET /version': async () => json(about),
    // For the HEALTHCHECK and for load balancers: without its database, and while it closes, the shop is not up.
    'GET /up': async () =>
      !closing.requested && (await store.ask('PING')) === 'PONG'
        ? json({ up: true })
        : json({ up: false }, 503),
  };

  return createServer(async (request, response) => {
    request.resume();
    const { pathname } = new URL(request.url, 'http://shop');
    const route = routes[`${request.method} ${pathname}`];
    const answer =
      route === undefined ? json({ error: 'There is no such page.' }, 404) : await attempt(route);
    // Who keeps a connection is told that it ends, so that no request comes while it is closed.
    if (closing.requested) response.setHeader('connection', 'close');
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
}

/** The numbers of visits and orders, and which worker packed the last order. */
async function numbers(store, { look = false } = {}) {
  const visits = look ? await store.ask('GET', 'visits') : await store.ask('INCR', 'visits');
  const [waiting, packed, packer] = [
    await store.ask('LLEN', 'orders'),
    await store.ask('GET', 'packed'),
    await store.ask('GET', 'packer'),
  ];
  return {
    visits: Number(visits ?? 0),
    waiting: Number(waiting),
    packed: Number(packed ?? 0),
    packer: packer ?? 'nobody',
  };
}

async function attempt(route) {
  try {
    return await route();
  } catch (error) {
    console.error(`database: ${error.message}`);
    return json({ error: 'The database does not answer.' }, 503);
  }
}

const html = (body) => ({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body });
const json = (value, status = 200) => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: `${JSON.stringify(value)}\n`,
});

function main() {
  const store = connect(process.env.DATABASE ?? 'db:6379');
  const closing = { requested: false };
  const server = shop(store, closing).listen(Number(process.env.PORT ?? 3000), () => {
    console.log(`shop ${about.version} is open on port ${server.address().port}`);
  });

  // On SIGTERM: say that the shop is not up, for a load balancer that looks, and go on for CLOSE_AFTER_MS.
  // Then accept no new connection, finish the requests in flight, and exit.
  process.once('SIGTERM', () => {
    console.log(`shop ${about.version} is closing`);
    closing.requested = true;
    setTimeout(
      () => {
        server.close(() => process.exit(0));
        server.closeIdleConnections();
      },
      Number(process.env.CLOSE_AFTER_MS ?? 0),
    );
  });
}

if (import.meta.main) main();
