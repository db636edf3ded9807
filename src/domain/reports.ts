import { insertRow } from "../database/native.ts";
import type { ActorRow, PostRow, ReportRow } from "../database/rows.ts";
import { enqueueActivity } from "../delivery/enqueue.ts";
import { composeActivity } from "../documents/compose-activity.ts";
import type { Site } from "../site.ts";
import { InvalidInput, isDuplicateKey } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { siteActor } from "./accounts.ts";

const COMMENT_LENGTH = 1000;
/** Posts in one report; further ones are left out. */
const MOST_POSTS = 100;
const CATEGORIES = ["spam", "legal", "violation", "other"];

/** What somebody reports of an account. */
export interface ReportWishes {
  /** Posts of that account; others are left out. */
  posts?: readonly number[];
  comment?: string;
  /** Default `other`. */
  category?: string;
  /** Tell the moderators of their server, too. */
  forward?: boolean;
}

/**
 * Keeps a report and, where it is wished, tells the moderators of the other server: in the name of the site, since they
 * are told nothing of who reports.
 * @throws {InvalidInput} for oneself, a comment that is too long or a category nobody knows.
 */
export async function reportActor(
  site: Site,
  owner: ActorRow,
  target: ActorRow,
  wishes: ReportWishes,
): Promise<ReportRow> {
  const { comment = "", category = "other" } = wishes;
  if (owner._id === target._id) throw refused("Validation failed: You cannot report yourself");
  if ([...comment].length > COMMENT_LENGTH)
    throw refused(`Validation failed: Comment is too long (maximum is ${COMMENT_LENGTH} characters)`);
  if (!CATEGORIES.includes(category))
    throw refused("Validation failed: Category is not included in the list");
  const posts = await site.models.posts
    .find({ _id: { $in: (wishes.posts ?? []).slice(0, MOST_POSTS) }, author: target._id }, { uri: 1 })
    .lean<Pick<PostRow, "_id" | "uri">[]>();
  const forwarded = wishes.forward === true && !target.local;
  const row = await store(site, {
    owner: owner._id,
    target: target._id,
    posts: posts.map((post) => post._id),
    comment,
    category,
    rules: [],
    forwarded,
  });
  site.logger.info({ report: row._id, target: target.uri, category }, "an account was reported");
  if (forwarded) await forward(site, row, target, posts);
  return row;
}

async function store(site: Site, facts: Omit<ReportRow, "_id" | "createdAt">): Promise<ReportRow> {
  const createdAt = site.clock.now();
  const row: ReportRow = { _id: snowflake(createdAt), ...facts, createdAt };
  try {
    await insertRow(site.models.reports, row);
    return row;
  } catch (error) {
    if (isDuplicateKey(error)) return store(site, facts);
    throw error;
  }
}

async function forward(
  site: Site,
  row: ReportRow,
  target: ActorRow,
  posts: readonly Pick<PostRow, "uri">[],
): Promise<void> {
  const actor = await siteActor(site);
  const activity = composeActivity({
    type: "Flag",
    actor: actor.uri,
    object: target.uri,
    to: [target.uri],
    cc: [],
  });
  await enqueueActivity(site, {
    actor,
    // Mastodon reads the account and its posts out of one list.
    activity: { ...activity, content: row.comment, object: [target.uri, ...posts.map((post) => post.uri)] },
    type: "Flag",
    object: target.uri,
    inboxes: [target.sharedInbox ?? target.inbox],
  });
}

function refused(text: string): InvalidInput {
  return new InvalidInput(text, "report-refused");
}
