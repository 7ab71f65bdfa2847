/** In place of the proxy of a Gateway: sends each request where the weights of an HTTPRoute say, through the API server of the lab's cluster. */
import { request } from 'node:https';
import type { KubernetesApp } from './kubernetes-app.ts';

interface Backend {
  readonly name: string;
  readonly port: number;
  readonly weight?: number;
}

/** As the administrator's kubeconfig has it. */
interface AdminLogin {
  readonly server: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Of a route with one rule: how often each version of the app answers so many requests. */
export async function answersThroughRoute(
  app: KubernetesApp,
  route: string,
  count: number,
): Promise<Record<string, number>> {
  const login = await adminLogin(app);
  const { spec } = await app.get('httproute', route);
  const backends: readonly Backend[] = spec.rules[0].backendRefs;
  const counts: Record<string, number> = {};
  for (const { name, port } of inTurn(backends, count)) {
    const path = `/api/v1/namespaces/${app.namespace}/services/${name}:${port}/proxy/`;
    const { version } = JSON.parse(await get(login, path));
    counts[version] = (counts[version] ?? 0) + 1;
  }
  return counts;
}

/** Each backend as often as its weight says. */
function inTurn(backends: readonly Backend[], count: number): readonly Backend[] {
  const total = backends.reduce((sum, { weight = 1 }) => sum + weight, 0);
  return Array.from({ length: count }, (_, turn) => {
    let left = ((turn + 0.5) / count) * total;
    const chosen = backends.find(({ weight = 1 }) => {
      left -= weight;
      return left < 0;
    });
    if (chosen === undefined) throw new Error('The route has no backend.');
    return chosen;
  });
}

async function adminLogin({ lab }: KubernetesApp): Promise<AdminLogin> {
  const config = JSON.parse(await lab.kubectl('config', 'view', '--raw', '--output', 'json'));
  const [{ cluster }, { user }] = [config.clusters[0], config.users[0]];
  const text = (data: string): string => Buffer.from(data, 'base64').toString();
  return {
    server: cluster.server,
    ca: text(cluster['certificate-authority-data']),
    cert: text(user['client-certificate-data']),
    key: text(user['client-key-data']),
  };
}

const get = ({ server, ...tls }: AdminLogin, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const asked = request(`${server}${path}`, tls, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        body += piece;
      });
      response.on('end', () => resolve(body));
    });
    asked.on('error', reject);
    asked.end();
  });
