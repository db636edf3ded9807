import type { PostRow } from "../database/rows.ts";
import { announce, type Site } from "../site.ts";
import { NotFound } from "../support/errors.ts";
import { takeFromConversations } from "./conversations.ts";
import { findPost } from "./find-post.ts";
import { forgetNotificationsOf } from "./notification-box.ts";
import { takeFromTimelines } from "./timelines.ts";
import { forgetQuote } from "./quotes.ts";
import { isOpen, seenByAnyone } from "./visibility.ts";

/** Empties a remote post and keeps its place in the thread, so that answers to it still hang somewhere. */
export async function eraseComment(site: Site, post: PostRow): Promise<boolean> {
  const before = await site.models.posts
    .findOneAndUpdate(
      { _id: post._id, deletedAt: { $exists: false } },
      {
        $set: {
          deletedAt: site.clock.now(),
          content: "",
          excerpt: "",
          attachments: [],
          mentions: [],
          hashtags: [],
          tagKeys: [],
        },
        $unset: { title: 1, source: 1, warning: 1 },
      },
    )
    .lean<PostRow | null>();
  if (before) await recount(site, before, { ...before, deletedAt: site.clock.now() });
  // Also the second time: whoever emptied it may have died before it was out of everything.
  await takeFromTimelines(site, before ?? post);
  await takeFromConversations(site, before ?? post);
  await forgetNotificationsOf(site, post);
  if (!before) return false;
  await forgetQuote(site, before);
  const root =
    before.thread === undefined
      ? null
      : await site.models.posts.findById(before.thread).lean<PostRow | null>();
  if (root && isOpen(before)) announce(site, "commentDeleted", { comment: before, post: root });
  return true;
}

/** Takes a comment out of every page; its author is not told. @throws {NotFound} when it is none. */
export async function hideComment(site: Site, name: string): Promise<void> {
  await setHidden(site, name, { $set: { hiddenAt: site.clock.now() } });
}

/** Shows a hidden comment again. @throws {NotFound} when it is none. */
export async function showComment(site: Site, name: string): Promise<void> {
  await setHidden(site, name, { $unset: { hiddenAt: 1 } });
}

async function setHidden(site: Site, name: string, change: object): Promise<void> {
  const comment = await findPost(site, name);
  if (comment?.thread === undefined) throw new NotFound(`There is no comment "${name}".`);
  const after = await site.models.posts
    .findOneAndUpdate({ _id: comment._id }, change, { returnDocument: "after" })
    .lean<PostRow | null>();
  if (after) await recount(site, comment, after);
}

/** Keeps the parent's count of visible answers true. */
export async function recount(site: Site, before: PostRow, after: PostRow): Promise<void> {
  const change = Number(seenByAnyone(after)) - Number(seenByAnyone(before));
  if (change === 0 || before.inReplyToId === undefined) return;
  await site.models.posts.updateOne({ _id: before.inReplyToId }, { $inc: { repliesCount: change } });
}
