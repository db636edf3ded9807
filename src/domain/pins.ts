import type { ActorRow, PostRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { InvalidInput } from "../support/errors.ts";
import { tellOfFeatured } from "./featured-collection.ts";
import { STATUS_LIMITS } from "./status-limits.ts";
import { isOpen, SEEN_BY_ANYONE } from "./visibility.ts";

/** Pins one's own post to one's profile, and tells followers. Again: nothing more. @throws {InvalidInput} */
export async function pin(site: Site, account: ActorRow, post: PostRow): Promise<void> {
  if (post.author !== account._id || !post.local) throw refused("Someone else's post cannot be pinned");
  if (post.boostOf !== undefined) throw refused("A boost cannot be pinned");
  if (post.visibility === "direct")
    throw refused("Posts that are only visible to mentioned users cannot be pinned");
  if (post.pinnedAt !== undefined) return;
  await site.models.posts.updateOne(
    { _id: post._id, pinnedAt: { $exists: false } },
    { $set: { pinnedAt: site.clock.now() } },
  );
  // Counted after the write, so that two at the same moment cannot both be the last.
  if ((await countPins(site, account)) > STATUS_LIMITS.pins) {
    await site.models.posts.updateOne({ _id: post._id }, { $unset: { pinnedAt: 1 } });
    throw refused("You have already pinned the maximum number of posts");
  }
  if (isOpen(post)) await tellOfFeatured(site, account, "Add", post.uri);
}

/** Takes a pin off. */
export async function unpin(site: Site, account: ActorRow, post: PostRow): Promise<void> {
  if (post.author !== account._id || post.pinnedAt === undefined) return;
  await site.models.posts.updateOne({ _id: post._id }, { $unset: { pinnedAt: 1 } });
  if (isOpen(post)) await tellOfFeatured(site, account, "Remove", post.uri);
}

function refused(reason: string): InvalidInput {
  return new InvalidInput(`Validation failed: ${reason}`, "pin");
}

const pinned = (account: Pick<ActorRow, "_id">) => ({
  author: account._id,
  // A range, so that the store walks the short index of pinned posts.
  pinnedAt: { $gt: new Date(0) },
  deletedAt: { $exists: false },
});

async function countPins(site: Site, account: Pick<ActorRow, "_id">): Promise<number> {
  return site.models.posts.countDocuments(pinned(account));
}

/** Pinned posts of an account that anybody may see, the last pinned first: its featured collection. */
export async function featuredOf(site: Site, account: Pick<ActorRow, "_id">): Promise<PostRow[]> {
  return site.models.posts
    .find({ ...pinned(account), ...SEEN_BY_ANYONE })
    .sort({ pinnedAt: -1 })
    .limit(STATUS_LIMITS.pins)
    .lean<PostRow[]>();
}
