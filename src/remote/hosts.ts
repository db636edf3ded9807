import type { Site } from "../site.ts";
import { isOnList } from "../support/blocked-hosts.ts";

/**
 * Is this host, or a domain above it, one that the owner neither hears nor speaks to?
 * @param host `host[:port]` in lower case; the port makes no difference.
 */
export function isBlockedHost(site: Site, host: string): boolean {
  return isOnList(host, site.options.blockedHosts);
}
