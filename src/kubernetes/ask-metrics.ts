import type { MetricsQuery } from '../model/deploy-options.ts';
import { messageOf, SealiftError } from '../model/errors.ts';
import type { ReleaseId } from '../model/identifiers.ts';
import { inputRef } from '../model/input-ref.ts';
import { asList, asObject, asText } from '../model/json.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { KubernetesRefusal, withoutStop } from './kubernetes-refusal.ts';

/**
 * Asks a Prometheus in the cluster through the API server, which reaches its Service. As for an alert, any result is a failure.
 * @throws SealiftError for a result, and if it can't be asked: a canary that nobody judges must not go on
 */
export async function askMetrics(
  api: KubernetesApi,
  { namespace, service, port, query }: MetricsQuery,
  release: ReleaseId,
): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/services/${service}:${port}/proxy/api/v1/query`;
  const text = query.replaceAll('${RELEASE}', release);
  const place = `${namespace}/${service}:${port}`;
  const answer = await api
    .request('GET', path, { purpose: `ask ${place}`, query: { query: text } })
    .catch((cause: unknown) => {
      throw new SealiftError(`${inputRef('canary-metrics')}: ${place} can't be asked: ${reasonOf(cause)}`, {
        cause,
      });
    });
  const { status, error, data } = asObject(answer);
  if (status !== 'success') {
    const words = asText(error) ?? 'it is no Prometheus';
    throw new SealiftError(`${inputRef('canary-metrics')}: ${place} did not answer "${text}": ${words}.`);
  }
  const { resultType, result } = asObject(data);
  if (resultType !== 'vector') {
    throw new SealiftError(
      `canary-metrics: "${text}" gives a ${String(resultType)}, not a vector. Write a query as that of an alert, which has a result only if something is wrong.`,
    );
  }
  const found = asList(result);
  if (found.length === 0) return;
  const { metric, value } = asObject(found[0]);
  const labels = Object.entries(asObject(metric)).map(([name, label]) => `${name}="${String(label)}"`);
  throw new SealiftError(
    `canary-metrics: "${text}" has a result: ${[String(asList(value)[1]), ...labels].join(' ')}. While a release gets a share of the requests, it must have none.`,
  );
}

/** What is wrong with Prometheus, or with the way there: the API server answers for both. */
function reasonOf(error: unknown): string {
  const refusal = error instanceof SealiftError && error.cause !== undefined ? error.cause : error;
  if (!(refusal instanceof KubernetesRefusal)) return messageOf(error);
  const { status, words, isOfServer } = refusal;
  const isOfProxy = status === 500 && !isOfServer;
  if (status === 429 || isOfProxy || (isOfServer && status < 500)) return messageOf(error);
  const said = `${withoutStop(words)} (status ${status}).`;
  if (status >= 500) return `${said} See whether its pods are ready.`;
  return status === 401 || status === 403 ? `${said} It must answer without a login.` : said;
}
