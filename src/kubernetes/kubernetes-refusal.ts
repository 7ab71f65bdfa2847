import { SealiftError } from '../model/errors.ts';
import { asList, asObject, asText } from '../model/json.ts';

/** A reason that the API server gives for its refusal, and the field that it is about. */
export interface RefusalCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** The API server refused a call. Knows its own words: the object `Status` of the API. */
export class KubernetesRefusal extends SealiftError {
  override readonly name = 'KubernetesRefusal';
  readonly status: number;
  /** `NotFound`, `AlreadyExists`, `Conflict`, `Invalid`, `Forbidden`, … */
  readonly reason: string;
  readonly causes: readonly RefusalCause[];
  /** The server's own message. */
  readonly words: string;

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
    this.causes = asList(asObject(answer['details'])['causes']).map((each) => {
      const { reason, message, field } = asObject(each);
      return { reason: asText(reason) ?? '', message: asText(message) ?? '', field: asText(field) ?? '' };
    });
  }
}

function kubernetesRefusalText(purpose: string, status: number, words: string): string {
  if (status === 401) {
    return `kubeconfig: the cluster does not accept its credentials (${words}). They may have expired: give new ones, or log in to the cluster in a step before this one.`;
  }
  if (status === 403 && /cannot \w+ resource/.test(words)) {
    return `kubeconfig: its user may not ${purpose}: ${words}. Give it the Role in docs/kubernetes.md.`;
  }
  return `The cluster refused to ${purpose}: ${words}`;
}

/** Whether the API server refused a call for this reason. */
export const isRefusal = (error: unknown, reason: string): error is KubernetesRefusal =>
  error instanceof KubernetesRefusal && error.reason === reason;
