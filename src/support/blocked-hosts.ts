/**
 * Is this host, or a domain above it, on the list?
 * @param host `host[:port]` in lower case; the port makes no difference.
 * @param list the option `blockedHosts`.
 */
export function isOnList(host: string, list: readonly string[]): boolean {
  if (list.length === 0) return false;
  const name = host.replace(/:\d+$/, "").replace(/\.$/, "");
  return list.some((entry) => name === entry || host === entry || name.endsWith(`.${entry}`));
}
