import type { Site } from "../site.ts";

/**
 * Is this host, or a domain above it, one that the owner neither hears nor speaks to?
 * @param host `host[:port]` in lower case; the port makes no difference.
 */
export function isBlockedHost(site: Site, host: string): boolean {
  const blocked = site.options.blockedHosts;
  if (blocked.length === 0) return false;
  const name = host.replace(/:\d+$/, "").replace(/\.$/, "");
  return blocked.some((entry) => name === entry || host === entry || name.endsWith(`.${entry}`));
}
