import { readRows } from "../database/native.ts";
import type { ActorRow, RelationRow } from "../database/rows.ts";
import type { Site } from "../site.ts";

/** Whom an account does not want to hear, among those asked for. */
export interface Shadows {
  /** Blocked by it, or blocking it. */
  blocked: ReadonlySet<number>;
  muted: ReadonlySet<number>;
  /** Muted with their notifications. */
  silenced: ReadonlySet<number>;
  domains: readonly string[];
}

/** Two queries, however many are asked for. @param domainsRead those the owner blocks, where the caller reads them anyway. */
export async function shadowsOf(
  site: Site,
  owner: number,
  targets: readonly number[],
  domainsRead: Promise<readonly string[]> = blockedDomains(site, owner),
): Promise<Shadows> {
  const now = site.clock.now();
  const [relations, domains] = await Promise.all([
    readRows(site.models.relations, {
      owner,
      kind: { $in: ["block", "blockedBy", "mute"] },
      target: { $in: [...new Set(targets)] },
    }),
    domainsRead,
  ]);
  const mutes = relations.filter(
    (row) => row.kind === "mute" && (row.until === undefined || row.until > now),
  );
  return {
    blocked: new Set(relations.filter((row) => row.kind !== "mute").map((row) => row.target)),
    muted: new Set(mutes.map((row) => row.target)),
    silenced: new Set(mutes.filter((row) => row.notifications !== false).map((row) => row.target)),
    domains,
  };
}

/** The domains that an account blocks. One query. */
export async function blockedDomains(site: Site, owner: number): Promise<string[]> {
  const rows = await readRows(site.models.domainBlocks, { owner }, { projection: { domain: 1 } });
  return rows.map((row) => row.domain);
}

/** What an account has to do with the authors of a list. */
export interface Ties {
  shadows: Shadows;
  /** Whom it follows. */
  followed: ReadonlySet<number>;
}

export interface TiesOptions {
  /** Of whom to say whether they are followed; none: no query. Default: of all authors. */
  followed?: readonly number[];
  /** See `shadowsOf`. */
  domainsRead?: Promise<readonly string[]>;
}

/** Three queries, however many are asked for. */
export async function tiesTo(
  site: Site,
  owner: number,
  authors: readonly number[],
  { followed = authors, domainsRead }: TiesOptions = {},
): Promise<Ties> {
  const asked = [...new Set(followed)];
  const [shadows, follows] = await Promise.all([
    shadowsOf(site, owner, authors, domainsRead),
    asked.length === 0
      ? []
      : readRows(
          site.models.follows,
          { follower: owner, state: "accepted", followed: { $in: asked } },
          { projection: { followed: 1 } },
        ),
  ]);
  return { shadows, followed: new Set(follows.map((row) => row.followed)) };
}

/** Has an account blocked another, or their whole server? Two queries. */
export async function refuses(
  site: Site,
  owner: Pick<ActorRow, "_id">,
  other: Pick<ActorRow, "_id" | "host">,
): Promise<boolean> {
  const [block, domains] = await Promise.all([
    site.models.relations.exists({ owner: owner._id, kind: "block", target: other._id }),
    blockedDomains(site, owner._id),
  ]);
  return block !== null || isUnderDomain(other.host, domains);
}

/** Is this host, or a domain above it, among the blocked ones? */
export function isUnderDomain(host: string, domains: readonly string[]): boolean {
  return domains.some((domain) => host === domain || host.endsWith(`.${domain}`));
}

/** People whose posts an account sees in no list that strangers browse; more than these are left to the loader. */
const MOST_UNWANTED = 5000;

/** Everybody an account blocks or mutes, or is blocked by. One query. */
export async function unwantedAuthors(site: Site, owner: Pick<ActorRow, "_id">): Promise<number[]> {
  const now = site.clock.now();
  const rows = await site.models.relations
    .find({ owner: owner._id, kind: { $in: ["block", "blockedBy", "mute"] } }, { target: 1, until: 1 })
    .limit(MOST_UNWANTED)
    .lean<RelationRow[]>();
  return [
    ...new Set(rows.filter((row) => row.until === undefined || row.until > now).map((row) => row.target)),
  ];
}
