/** A real admission webhook: a program that listens with a certificate of its own, and that the API server of the lab's cluster asks. */
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { selfSigned } from './certificate.ts';
import type { KubernetesApp } from './kubernetes-app.ts';

/** What the API server asks about: as admission.k8s.io/v1 has it. */
export interface AdmissionQuestion {
  readonly uid: string;
  readonly dryRun: boolean;
  readonly kind: { readonly kind: string };
  readonly object: object;
}

interface AdmissionAnswer {
  /** Why it is refused; `undefined`: it is allowed. */
  readonly refused?: string;
  /** With which HTTP status; 400 unless it says another. */
  readonly status?: number;
  /** Changes to the object, as a JSON patch has them. */
  readonly patch?: readonly object[];
}

export interface AdmissionWebhook extends AsyncDisposable {
  /** What it answers from now on; at first it allows everything. */
  answer: (question: AdmissionQuestion) => AdmissionAnswer;
  /** How often it was asked about a kind. */
  asked(kind: string): number;
  /** Listens no more, but the cluster goes on asking. */
  stop(): Promise<void>;
}

const GROUP = 'admissionregistration.k8s.io/v1';
/** Deployments and pods that are made or changed. */
const RULES = [
  { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['deployments'] },
  { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] },
];

/**
 * Starts one that is asked about what is in the namespace of an app.
 * @param kind the two differ in whether a patch is taken
 */
export async function admissionWebhook(
  app: KubernetesApp,
  kind: 'Validating' | 'Mutating',
): Promise<AdmissionWebhook> {
  // Where the servers of the lab find this machine.
  const host = app.lab.registry.address.replace(/:\d+$/, '');
  const { key, cert } = await selfSigned(`IP:${host}`);
  const asked: string[] = [];
  const configuration = `${kind}WebhookConfiguration`;
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const webhook: AdmissionWebhook = {
    answer: () => ({}),
    asked: (of) => asked.filter((each) => each === of).length,
    stop,
    async [Symbol.asyncDispose]() {
      await app.lab.kubectl('delete', configuration, app.namespace);
      await stop();
    },
  };
  const server = createServer({ key, cert }, async (request, response) => {
    const { request: question } = await readJson(request);
    asked.push(question.kind.kind);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(review(question, webhook.answer(question))));
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  await app.app.checkout.commit({
    'webhook.json': JSON.stringify({
      ...{ apiVersion: GROUP, kind: configuration, metadata: { name: app.namespace } },
      webhooks: [
        {
          ...{ name: 'rules.lab.test', rules: RULES, sideEffects: 'None', admissionReviewVersions: ['v1'] },
          clientConfig: { url: `https://${host}:${port}/`, caBundle: Buffer.from(cert).toString('base64') },
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': app.namespace } },
          failurePolicy: 'Fail',
        },
      ],
    }),
  });
  await app.lab.kubectl('apply', '--filename', `${app.app.checkout.path}/webhook.json`);
  return webhook;
}

async function readJson(request: IncomingMessage): Promise<{ readonly request: AdmissionQuestion }> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString());
}

const review = ({ uid }: AdmissionQuestion, { refused, status = 400, patch }: AdmissionAnswer): object => ({
  ...{ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' },
  response: {
    ...{ uid, allowed: refused === undefined },
    ...(refused === undefined ? {} : { status: { code: status, message: refused } }),
    ...(patch === undefined
      ? {}
      : { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }),
  },
});
