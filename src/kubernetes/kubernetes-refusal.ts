import { SealiftError } from '../model/errors.ts';
import { asList, asObject, asText } from '../model/json.ts';
import { beforeThisStep, byPlace } from '../model/place-words.ts';

/** A reason that the API server gives for its refusal, and the field that it is about. */
export interface RefusalCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** An admission webhook, which may answer with any status, or a ValidatingAdmissionPolicy (k8s.io/apiserver/pkg/admission/plugin). */
const DENIAL =
  /^admission webhook "[^"]*" denied the request|ValidatingAdmissionPolicy '[^']*'(?: with binding '[^']*')? denied request/;
/** A webhook without an answer that can be used (k8s.io/apiserver/pkg/util/webhook). */
const LOST_WEBHOOK = /failed calling webhook "|conversion webhook for .* failed/;

/** The API server refused a call. Knows its own words: the object `Status` of the API. */
export class KubernetesRefusal extends SealiftError {
  override readonly name = 'KubernetesRefusal';
  readonly status: number;
  /** `NotFound`, `AlreadyExists`, `Conflict`, `Invalid`, `Forbidden`, … */
  readonly reason: string;
  readonly causes: readonly RefusalCause[];
  /** The server's own message. */
  readonly words: string;
  /** Whether the API server says so, and not `kubectl proxy` before it or a Service behind it. */
  readonly isOfServer: boolean;

  constructor(purpose: string, status: number, body: unknown) {
    const answer = asObject(body);
    const words =
      asText(answer['message']) ??
      // Prometheus, behind the API server.
      asText(answer['error']) ??
      (typeof body === 'string' && body !== '' ? body.trim() : `status ${status}`);
    super(kubernetesRefusalText(purpose, status, words));
    this.status = status;
    this.reason = asText(answer['reason']) ?? '';
    this.words = words;
    this.isOfServer = answer['kind'] === 'Status';
    this.causes = asList(asObject(answer['details'])['causes']).map((each) => {
      const { reason, message, field } = asObject(each);
      return { reason: asText(reason) ?? '', message: asText(message) ?? '', field: asText(field) ?? '' };
    });
  }

  /** Whether a rule forbids what was asked for: status and reason are those that its author chose. */
  get isDenial(): boolean {
    return DENIAL.test(this.words);
  }

  /** Whether the server could not ask one of its webhooks what it has to say. */
  get hasUnaskedWebhook(): boolean {
    return LOST_WEBHOOK.test(this.words);
  }

  /** Whether the same call may succeed in a moment: the server is overloaded or starts, or `kubectl proxy` does not reach it. */
  maySucceedLater(method: string): boolean {
    if (this.isDenial) return false;
    if ([429, 502, 503, 504].includes(this.status)) return true;
    if (this.status !== 500) return false;
    // An object must not be made twice: only if the call was not even sent.
    if (!this.isOfServer) return method !== 'POST' || this.words.includes('dial tcp');
    // Of a manifest, the server may say for ever that it is an error of its own.
    return method === 'GET' || (method !== 'POST' && this.reason === 'ServerTimeout');
  }
}

function kubernetesRefusalText(purpose: string, status: number, words: string): string {
  const said = withoutStop(words);
  if (DENIAL.test(words)) {
    return `A rule of the cluster does not let ${byPlace('this step', 'this command')} ${purpose}: ${said}. Change what it objects to, or ask who keeps the rule for an exception.`;
  }
  if (LOST_WEBHOOK.test(words)) {
    return `The cluster refused to ${purpose}: ${said}. This webhook of the cluster does not work: mend it, or set the failurePolicy of an admission webhook to Ignore.`;
  }
  if (status === 401) {
    return `kubeconfig: the cluster does not accept its credentials (${words}). They may have expired: give new ones, or log in to the cluster ${beforeThisStep()}.`;
  }
  if (status === 403 && /cannot \w+ resource/.test(words)) {
    return `kubeconfig: its user may not ${purpose}: ${words}. Give it the Role in docs/kubernetes.md.`;
  }
  if (status >= 500) {
    return `The cluster could not ${purpose}, by an error of its own: ${said}. "kubectl get --raw '/readyz?verbose'" shows what is wrong with it.`;
  }
  return `The cluster refused to ${purpose}: ${words}`;
}

/** What others have written, as a part of a sentence. */
export const withoutStop = (words: string): string => words.replace(/\.$/, '');

/** Whether the API server itself refused a call for this reason. */
export const isRefusal = (error: unknown, reason: string): error is KubernetesRefusal =>
  error instanceof KubernetesRefusal && !error.isDenial && error.reason === reason;
