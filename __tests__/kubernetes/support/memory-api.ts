/** An API server that keeps its objects in memory, behind a socket as `kubectl proxy` opens one. It allows everything. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiResources } from '../../../src/kubernetes/api-resources.ts';
import type { ObjectContext } from '../../../src/kubernetes/apply-objects.ts';
import { KubernetesApi } from '../../../src/kubernetes/kubernetes-api.ts';
import { asObject, type JsonObject } from '../../../src/model/json.ts';
import { hostName } from '../../support/identifiers.ts';

/** Kinds by their API; those of a namespace but for these. */
const KINDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '/api/v1': {
    Namespace: 'namespaces',
    Secret: 'secrets',
    ConfigMap: 'configmaps',
    Service: 'services',
    Pod: 'pods',
  },
  '/apis/apps/v1': { Deployment: 'deployments', ReplicaSet: 'replicasets', StatefulSet: 'statefulsets' },
  '/apis/batch/v1': { Job: 'jobs' },
  '/apis/apiextensions.k8s.io/v1': { CustomResourceDefinition: 'customresourcedefinitions' },
};
const OF_CLUSTER = ['Namespace', 'CustomResourceDefinition'];

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: JsonObject;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const refusal = (status: number, reason: string, message: string): Answer => ({
  status,
  body: { kind: 'Status', reason, message },
});

export class MemoryApi {
  readonly api: KubernetesApi;
  readonly context: ObjectContext;
  /** By path. */
  readonly objects = new Map<string, JsonObject>();
  readonly calls: Call[] = [];
  /** What a test answers itself. */
  answer: (call: Call) => Answer | undefined = () => undefined;
  readonly #folder = mkdtempSync(join(tmpdir(), 'm-'));
  readonly #server = createServer(async (request, response) => {
    const call = await readCall(request);
    this.calls.push(call);
    const { status, body } = this.answer(call) ?? this.#answer(call);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });

  constructor() {
    const socket = join(this.#folder, 'api');
    this.#server.listen(socket);
    this.api = new KubernetesApi(hostName('https://cluster'), socket, 0);
    const of = { app: 'shop', environment: 'production' };
    this.context = { api: this.api, resources: new ApiResources(this.api), of };
  }

  close(): void {
    this.api.close();
    this.#server.close();
    rmSync(this.#folder, { recursive: true });
  }

  /** `PATCH /api/v1/namespaces/shop/secrets/registry` of each call that changes something. */
  get changes(): readonly string[] {
    return this.calls
      .filter(({ method, query }) => method !== 'GET' && query.get('dryRun') === null)
      .map(({ method, path }) => `${method} ${path}`);
  }

  #answer({ method, path, query, body }: Call): Answer {
    const kinds = KINDS[path];
    if (kinds !== undefined) {
      const resources = Object.entries(kinds).map(([kind, name]) => ({
        ...{ kind, name, namespaced: !OF_CLUSTER.includes(kind) },
      }));
      return { status: 200, body: { resources } };
    }
    const [, namespace] = /\/namespaces\/([^/]*)\//.exec(path) ?? [];
    const isMissing = namespace !== undefined && !this.objects.has(`/api/v1/namespaces/${namespace}`);
    if (isMissing && method !== 'GET') return refusal(404, 'NotFound', `namespaces "${namespace}" not found`);
    const found = this.objects.get(path);
    const name = String(asObject(body['metadata'])['name']);
    switch (method) {
      case 'POST':
        if (this.objects.has(`${path}/${name}`)) return refusal(409, 'AlreadyExists', `${name} exists`);
        this.objects.set(`${path}/${name}`, this.#withUid(body));
        return { status: 201, body };
      case 'PATCH': {
        const after = this.#withUid({ ...found, ...body }, found);
        if (query.get('dryRun') === null) this.objects.set(path, after);
        return { status: 200, body: after };
      }
      case 'DELETE':
        return this.objects.delete(path) ? { status: 200, body: {} } : refusal(404, 'NotFound', path);
      default:
        if (found !== undefined) return { status: 200, body: found };
        return isCollection(path)
          ? { status: 200, body: { items: this.#list(path, query.get('labelSelector')) } }
          : refusal(404, 'NotFound', `${path} not found`);
    }
  }

  /** Another object has another one. */
  #withUid(object: JsonObject, before?: JsonObject): JsonObject {
    const { uid = `u${this.calls.length}` } = asObject(before?.['metadata']);
    return { ...object, metadata: { ...asObject(object['metadata']), uid } };
  }

  #list(path: string, selector: string | null): readonly JsonObject[] {
    const labels = (selector ?? '').split(',').filter((each) => each !== '');
    return [...this.objects]
      .filter(([each]) => each.slice(0, each.lastIndexOf('/')) === path)
      .map(([, object]) => object)
      .filter((object) => {
        const own = asObject(asObject(object['metadata'])['labels']);
        return labels.every((each) => own[each.split('=')[0] ?? ''] === each.split('=')[1]);
      });
  }
}

const isCollection = (path: string): boolean =>
  Object.entries(KINDS).some(([base, kinds]) =>
    Object.values(kinds).some((plural) => path.startsWith(base) && path.endsWith(`/${plural}`)),
  );

async function readCall(request: IncomingMessage): Promise<Call> {
  const { method = '', url = '' } = request;
  const { pathname, searchParams } = new URL(url, 'http://api');
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return { method, path: pathname, query: searchParams, body: text === '' ? {} : asObject(JSON.parse(text)) };
}
