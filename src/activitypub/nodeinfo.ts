import { Router } from "express";
import { localAccounts } from "../domain/accounts.ts";
import type { Site } from "../site.ts";
import { DAY, fromNow } from "../support/clock.ts";
import { VERSION } from "../support/version.ts";
import { countLocalPosts } from "./counts.ts";
import { getOnly } from "./reading.ts";
import { send, served } from "./respond.ts";

const SCHEMA = "http://nodeinfo.diaspora.software/ns/schema";
const VERSIONS = ["2.1", "2.0"] as const;
/** Crawlers come once a day; counts of ten minutes ago are true enough. */
const CACHE = { cacheControl: "public, max-age=600", vary: "Origin" };

/** NodeInfo 2.0 and 2.1 (FEP-f1d5, FEP-0151) and the link to the site's own actor (FEP-2677). */
export function nodeinfoRoutes(site: Site): Router {
  const router = Router();
  const at = getOnly(router);
  const links = served(
    {
      links: [
        ...VERSIONS.map((version) => ({
          rel: `${SCHEMA}/${version}`,
          href: `${site.urls.origin}/nodeinfo/${version}`,
        })),
        { rel: "https://www.w3.org/ns/activitystreams#Application", href: site.urls.siteActor },
      ],
    },
    { type: "application/json; charset=utf-8" },
  );
  at("/.well-known/nodeinfo", (request, response) => send(request, response, links, CACHE));
  for (const version of VERSIONS) {
    const type = `application/json; profile="${SCHEMA}/${version}#"; charset=utf-8`;
    at(`/nodeinfo/${version}`, async (request, response) => {
      send(request, response, served(await nodeinfo(site, version), { type }), CACHE);
    });
  }
  return router;
}

async function nodeinfo(site: Site, version: (typeof VERSIONS)[number]): Promise<object> {
  const [accounts, { posts, comments }] = await Promise.all([localAccounts(site), countLocalPosts(site)]);
  const activeSince = (days: number): number => {
    const since = fromNow(site.clock, -days * DAY);
    return accounts.filter((account) => account.lastPostAt !== undefined && account.lastPostAt >= since)
      .length;
  };
  return {
    version,
    software: { name: "express-fediverse", version: VERSION },
    protocols: ["activitypub"],
    services: { inbound: [], outbound: [] },
    openRegistrations: false,
    usage: {
      users: { total: accounts.length, activeMonth: activeSince(30), activeHalfyear: activeSince(180) },
      localPosts: posts,
      localComments: comments,
    },
    // megalodon knows servers by a list of names, or by whose API they speak.
    metadata: { upstream: { name: "mastodon" } },
  };
}
