import type { Site } from "../site.ts";
import { normaliseUrl } from "../support/urls.ts";

/**
 * The username that a normalised URL of ours names: an actor's id, `/@name`, or the page that the options give as an
 * account's own. Whether there is such an account is not said.
 */
export function profileNamed(site: Site, url: string): string | undefined {
  const { urls } = site;
  if (!urls.isOurs(url)) return undefined;
  const path = url.slice(urls.origin.length);
  const named = /^\/(?:@|ap\/accounts\/)([A-Za-z0-9_]{1,30})$/.exec(path)?.[1];
  if (named !== undefined) return named;
  return site.options.accounts.find(
    (account) => account.url !== undefined && normaliseUrl(account.url) === url,
  )?.username;
}
