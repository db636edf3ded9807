import { createHash } from "node:crypto";
import type { TagRelationRow } from "../../database/rows.ts";
import type { Surroundings } from "./surroundings.ts";
import { dayOf } from "./time.ts";

/** A hashtag inside a status. */
export interface StatusTagEntity {
  name: string;
  url: string;
}

/** @param key the normalised name. */
export function statusTagEntity(key: string, around: Surroundings): StatusTagEntity {
  return { name: key, url: around.urls.tagPage(key) };
}

/** Uses of one day. */
export interface TagDay {
  /** Midnight (UTC) at its start. */
  day: Date;
  uses: number;
  accounts: number;
}

export interface TagEntity {
  id: string;
  name: string;
  url: string;
  history: { day: string; uses: string; accounts: string }[];
  following?: boolean;
  featuring?: boolean;
}

/**
 * A hashtag with its last week; numbers are text, as upstream sends them.
 * @param own what the viewer has to do with it; left out without a viewer.
 */
export function tagEntity(
  tag: { key: string; name: string },
  days: readonly TagDay[],
  around: Surroundings,
  own?: { following: boolean; featuring: boolean },
): TagEntity {
  return {
    id: tagId(tag.key),
    name: tag.name,
    url: around.urls.tagPage(tag.key),
    history: days.map(({ day, uses, accounts }) => ({
      day: String(Math.floor(day.getTime() / 1000)),
      uses: String(uses),
      accounts: String(accounts),
    })),
    ...own,
  };
}

/** Tags have no rows of their own, so their decimal id is worked out from the name: the same on every process. */
export function tagId(key: string): string {
  return String(Number.parseInt(createHash("sha256").update(key).digest("hex").slice(0, 12), 16));
}

export interface FeaturedTagEntity {
  id: string;
  name: string;
  url: string;
  statuses_count: string;
  last_status_at: string | null;
}

/** A hashtag that stands on a profile. @param url its page. */
export function featuredTagEntity(
  row: Pick<TagRelationRow, "_id" | "name">,
  url: string,
  uses: { count: number; lastAt?: Date },
): FeaturedTagEntity {
  return {
    id: String(row._id),
    name: row.name,
    url,
    statuses_count: String(uses.count),
    last_status_at: uses.lastAt === undefined ? null : dayOf(uses.lastAt),
  };
}
