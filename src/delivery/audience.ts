import type { Site } from "../site.ts";
import { isOnList } from "../support/blocked-hosts.ts";
import { hostOf } from "../support/urls.ts";

/** Inboxes that are not ours and not of a blocked host, each with its host. What is no URL is left out. */
export function deliverable(site: Site, inboxes: Iterable<string>): { inbox: string; host: string }[] {
  const result: { inbox: string; host: string }[] = [];
  for (const inbox of new Set(inboxes)) {
    const host = hostOf(inbox);
    if (host === undefined || site.urls.isOurs(inbox) || isOnList(host, site.options.blockedHosts)) continue;
    result.push({ inbox, host });
  }
  return result;
}
