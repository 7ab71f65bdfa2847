/**
 * A stand-in for Traefik where there is none: does with labels what its Docker provider does, as far as one router goes
 * (traefik v3: pkg/provider/docker/config.go and shared.go, pkg/provider/configuration.go). Listens on 80.
 *
 * - A container counts when it runs, is healthy if it has a HEALTHCHECK, has traefik.enable=true and meets the constraint
 *   (CONSTRAINT, a label as key=value).
 * - Its address is that on the network that traefik.docker.network names, else on any of its networks.
 * - A router without a service leads to the only service of its container; a service without a name is called after the container's
 *   service and project.
 * - A router that two containers define differently leads nowhere: 404.
 * - After an event of the engine, the next one is taken up 2 s later at the earliest (providersThrottleDuration).
 */
import { createServer, get, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

const THROTTLE_MS = 2000;
const EVENTS = { type: ['container'], event: ['start', 'die', 'health_status'] };
const [constraint, value] = process.env.CONSTRAINT.split('=');
let router;
let turn = 0;

function ask(path, onAnswer) {
  return new Promise((resolve, reject) => {
    get({ socketPath: '/var/run/docker.sock', path }, (answer) => {
      if (onAnswer !== undefined) onAnswer(answer);
      let text = '';
      answer.on('data', (part) => {
        text += part;
      });
      answer.on('end', () => resolve(text));
      answer.on('error', reject);
    }).on('error', reject);
  });
}

const named = (labels, pattern) => Object.keys(labels).flatMap((key) => pattern.exec(key)?.[1] ?? []);

async function look() {
  const routers = new Map();
  const servers = new Map();
  for (const { Id } of JSON.parse(await ask('/containers/json'))) {
    const { Config, State, NetworkSettings, Name } = JSON.parse(await ask(`/containers/${Id}/json`));
    const labels = Config?.Labels ?? {};
    if (labels['traefik.enable'] !== 'true' || labels[constraint] !== value) continue;
    if (!['healthy', undefined].includes(State.Health?.Status)) continue;
    const networks = Object.entries(NetworkSettings.Networks);
    const meant = networks.find(([name]) => name === labels['traefik.docker.network']);
    const [network, { IPAddress }] = meant ?? networks[Math.floor(Math.random() * networks.length)];
    const [own] = named(labels, /^traefik\.http\.services\.([^.]+)\.loadbalancer\.server\.port$/);
    const service = own ?? `${labels['com.docker.compose.service']}_${labels['com.docker.compose.project']}`;
    const port = labels[`traefik.http.services.${own}.loadbalancer.server.port`];
    servers.set(service, [...(servers.get(service) ?? []), `${IPAddress}:${port}`]);
    for (const name of named(labels, /^traefik\.http\.routers\.([^.]+)\.rule$/)) {
      const rule = labels[`traefik.http.routers.${name}.rule`];
      const leads = JSON.stringify([rule, labels[`traefik.http.routers.${name}.service`] ?? service]);
      routers.set(name, [undefined, leads].includes(routers.get(name)) ? leads : 'dropped');
    }
    console.log(`${Name} by ${network} as ${service}`);
  }
  const [first] = routers.values();
  router = first === undefined || first === 'dropped' ? [] : (servers.get(JSON.parse(first)[1]) ?? []);
  console.log(`router ${first} leads to ${router.join(' ') || 'nothing'}`);
}

/** Events from then on are not missed while it looks. */
async function watch() {
  for (;;) {
    let changed = true;
    const over = ask(`/events?filters=${encodeURIComponent(JSON.stringify(EVENTS))}`, (answer) =>
      answer.on('data', () => {
        changed = true;
      }),
    ).catch(() => 'lost');
    const ended = over.then(() => true);
    do {
      if (changed) {
        changed = false;
        await look().catch((error) => console.log(String(error)));
      }
    } while (!(await Promise.race([ended, pause(THROTTLE_MS, false)])));
  }
}
void watch();

createServer((question, answer) => {
  if (router === undefined || router.length === 0) {
    answer.writeHead(404).end('404 page not found\n');
    return;
  }
  const [host, port] = router[turn++ % router.length].split(':');
  const { url: path, method, headers } = question;
  const onward = request({ host, port, path, method, headers, timeout: 3000 }, (got) => {
    answer.writeHead(got.statusCode, got.headers);
    got.pipe(answer);
  });
  onward.on('timeout', () => onward.destroy(new Error('timeout')));
  onward.on('error', (error) => {
    if (!answer.headersSent) answer.writeHead(error.message === 'timeout' ? 504 : 502);
    answer.end();
  });
  question.pipe(onward);
}).listen(80);
