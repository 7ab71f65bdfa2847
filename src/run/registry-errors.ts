/** Classifies what docker says about registries, as seen with buildx 0.29 and Engine 28.5. */

const ACCESS_DENIED =
  /unauthorized|authentication required|authorization failed|no basic auth credentials|access (?:to the resource is )?denied|\bdenied\b|forbidden|insufficient_scope|\b40[13]\b/i;
const TRANSIENT_ERROR =
  /\b(?:429|5\d\d) (?:Too Many|Internal|Bad Gateway|Service|Gateway|Insufficient)|\bHTTP status: (?:408|429|5\d\d)|HTTP (?:408|429|5\d\d) response|toomanyrequests|too many requests|connection (?:reset|refused|timed out)|broken pipe|unexpected EOF|: EOF\b|i\/o timeout|TLS handshake timeout|context deadline exceeded|deadline exceeded|no such host|server misbehaving|temporary failure|network is unreachable|no route to host|http2: |stream error|use of closed network connection|Client\.Timeout/i;

/** Whether a registry refuses access. */
export function isAccessDenied(text: string): boolean {
  return ACCESS_DENIED.test(text);
}

/** Whether the network or a registry failed in a way that may soon be over. */
export function isTransient(text: string): boolean {
  return TRANSIENT_ERROR.test(text);
}
