import type { ActorRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { DAY, fromNow, MINUTE } from "../support/clock.ts";
import { plainText } from "../text/plain-text.ts";
import { localAccounts } from "./accounts.ts";

/** What a site says about itself as a whole. */
export interface SiteFacts {
  title: string;
  /** Plain text; may be empty. */
  summary: string;
  /** The same as clean HTML. */
  about: string;
  /** Stands for the site where one face is asked for. */
  owner: ActorRow | undefined;
  accounts: number;
  activeLastMonth: number;
  posts: number;
  /** Hosts that this site has spoken with lately, by name. */
  peers: string[];
  /** Since when the words above are as they are, as far as is known. */
  since: Date;
}

/** Hosts named at most; the list is read at every start of an app. */
const MOST_PEERS = 5000;
const FRESH = MINUTE;

const known = new WeakMap<Site, { facts: Promise<SiteFacts>; at: number }>();

/** Asked of the store once a minute at most: every app that starts reads it, and nothing in it hurries. */
export function siteFacts(site: Site): Promise<SiteFacts> {
  const now = site.clock.now().getTime();
  const before = known.get(site);
  if (before !== undefined && now - before.at < FRESH) return before.facts;
  const facts = gather(site);
  known.set(site, { facts, at: now });
  // The store was away: the next caller asks again.
  facts.catch(() => known.delete(site));
  return facts;
}

async function gather(site: Site): Promise<SiteFacts> {
  const [accounts, hosts] = await Promise.all([
    localAccounts(site),
    site.models.hosts.find({}, { _id: 1 }).sort({ _id: 1 }).limit(MOST_PEERS).lean(),
  ]);
  const wanted = site.options.author ?? site.options.accounts[0]?.username;
  const owner = accounts.find((account) => account.localName === wanted?.toLowerCase()) ?? accounts[0];
  const monthAgo = fromNow(site.clock, -30 * DAY);
  return {
    title: accounts.length === 1 && owner !== undefined && owner.name !== "" ? owner.name : site.urls.host,
    summary: owner === undefined ? "" : plainText(owner.summary),
    about: owner?.summary ?? "",
    owner,
    accounts: accounts.length,
    activeLastMonth: accounts.filter(
      (account) => account.lastPostAt !== undefined && account.lastPostAt >= monthAgo,
    ).length,
    posts: accounts.reduce((sum, account) => sum + Math.max(0, account.postsCount), 0),
    peers: hosts.map((host) => host._id),
    since: owner?.createdAt ?? site.clock.now(),
  };
}
