import type { PostRow } from "../database/rows.ts";
import { snowflake, snowflakeTime } from "../support/ids.ts";

/**
 * The id of a post of this time. Threads are read in the order of ids, so an answer stands after what it answers, whatever
 * the two clocks say.
 */
export function idBeneath(parent: Pick<PostRow, "_id"> | null, at: Date): number {
  const afterParent = parent === null ? 0 : snowflakeTime(parent._id).getTime() + 1;
  return snowflake(new Date(Math.max(at.getTime(), afterParent)));
}

/** Where an answer to `parent` stands: beneath it, in the thread of the local post at its root. */
export function threadOf(
  parent: PostRow,
): Pick<PostRow, "inReplyTo" | "inReplyToId" | "inReplyToAuthor" | "thread"> {
  const thread = parent.thread ?? (parent.local ? parent._id : undefined);
  return {
    inReplyTo: parent.uri,
    inReplyToId: parent._id,
    inReplyToAuthor: parent.author,
    ...(thread === undefined ? {} : { thread }),
  };
}
