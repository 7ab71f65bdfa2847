/** What the name or image of an accessory says of it, where its configuration may not. Pure. */

const PROXIES =
  /nginx|openresty|angie|caddy|traefik|haproxy|envoy|httpd|apache|kong|varnish|proxy|gateway|ingress|\bswag\b|\blb\b/i;

/** Whether visitors surely come by it. */
export const isProxyByName = (name: string, image: string): boolean =>
  PROXIES.test(name) || PROXIES.test(image);

/**
 * Images of programs that ask services for themselves, and bring nobody to them: they collect metrics, watch, or test. They are to see
 * each container, and their requests are no visits.
 */
const OBSERVERS =
  /prometheus|blackbox-exporter|victoria-?metrics|vmagent|(^|\/)grafana|telegraf|opentelemetry|(^|\/)otel|datadog|netdata|zabbix|nagios|checkmk|selenium|seleniarm|playwright|browserless|cypress|uptime-kuma|gatus|(^|\/)k6\b|locust/i;

export const isObserverByImage = (image: string): boolean => OBSERVERS.test(image);
