/**
 * What kubectl prints while etcd or the API server are busy or still settle, as on a slow disk (kubernetes/kubernetes,
 * staging/src/k8s.io/apimachinery/pkg/api/errors; etcd, server/etcdserver/errors). Asked again a moment later, they answer.
 */
const passing =
  /etcdserver: (request timed out|leader changed|no leader|too many requests)|\((Timeout|ServiceUnavailable|TooManyRequests)\)|currently unable to handle the request|in the time allotted|connection to the server .* was refused|connection refused|connection lost|connection reset by peer|TLS handshake timeout|unexpected EOF/

/** Whether a failure of kubectl is one that passes. @param said its stderr. */
export function isPassingFailure(said: string): boolean {
  return passing.test(said)
}
