import type { PostRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { snowflake } from "../support/ids.ts";

/**
 * The wish to tell others how a post of ours stands now, where its author has changed nothing: a quote was consented to, a
 * poll has new counts.
 * @param due left out: at once. Later gathers what happens until then into one Update; what waits already is not put off.
 */
export async function intendUpdate(site: Site, post: Pick<PostRow, "_id">, due?: Date): Promise<void> {
  const now = site.clock.now();
  const at = due ?? now;
  await site.models.posts.updateOne(
    {
      _id: post._id,
      local: true,
      federated: true,
      deletedAt: { $exists: false },
      // One that is still to come will say it, too; one that is just being worked on may have read the row before.
      "outgoing.at": { $not: { $gt: now } },
    },
    { $push: { outgoing: { id: snowflake(now), type: "Update", at } }, $min: { outgoingAt: at } },
  );
  if (due === undefined) site.wake("outgoing");
}
