import type { ActorRow, IntentRow, PostRow } from "../database/rows.ts";
import { enqueueActivity } from "../delivery/enqueue.ts";
import { composeActivity } from "../documents/compose-activity.ts";
import { composeActor } from "../documents/compose-actor.ts";
import { composePost, composeTombstone } from "../documents/compose-post.ts";
import { PUBLIC } from "../documents/read.ts";
import type { Site } from "../site.ts";
import { accountKey } from "./accounts.ts";
import { inboxesOf, withPeople } from "./addressees.ts";
import { groupOf } from "./group.ts";
import { askToQuote } from "./quote-requests.ts";
import { isOpen } from "./visibility.ts";

/** Hands a post's new, changed or removed state over to delivery. */
export async function sendPost(site: Site, row: PostRow, intent: IntentRow): Promise<void> {
  const author = await site.models.actors.findById(row.author).lean<ActorRow | null>();
  if (!author) return;
  if (row.boostOf !== undefined) return sendBoost(site, row, author, intent);
  if (intent.type === "Delete") return sendDelete(site, row, author, intent);
  // Removed since: the Delete that follows would say so of something nobody has got.
  if (row.deletedAt !== undefined) return;
  const { post, inboxes } = await withPeople(site, row, author);
  const groupUri = post.type === "Article" ? await groupOf(site, author) : undefined;
  const object = composePost(
    site.urls,
    post,
    { username: author.username, uri: author.uri, ...(groupUri === undefined ? {} : { groupUri }) },
    { articleSummary: site.options.articleSummary },
  );
  await enqueueActivity(site, {
    id: intent.id,
    actor: author,
    activity: composeActivity({
      type: intent.type,
      actor: author.uri,
      object,
      to: post.to,
      cc: post.cc,
      published: intent.type === "Create" ? post.publishedAt : intent.at,
    }),
    type: intent.type,
    object: post.uri,
    post: post._id,
    toFollowers: post.visibility !== "direct",
    inboxes,
    public: isOpen(post),
    supersedes: intent.type === "Update",
  });
  if (intent.type === "Create") await askToQuote(site, post, author, object);
}

/** A boost is an Announce with the row's own id; taken back, its Undo holds the whole of it. */
async function sendBoost(site: Site, row: PostRow, author: ActorRow, intent: IntentRow): Promise<void> {
  const boosted = await site.models.posts.findById(row.boostOf).lean<PostRow | null>();
  if (!boosted || (intent.type === "Create" && row.deletedAt !== undefined)) return;
  const of = await site.models.actors.findById(boosted.author).lean<ActorRow | null>();
  const audience = { to: row.to, cc: row.cc };
  const announcing = {
    type: "Announce",
    actor: author.uri,
    object: boosted.uri,
    ...audience,
    published: row.publishedAt,
  };
  await enqueueActivity(site, {
    id: intent.id,
    actor: author,
    activity:
      intent.type === "Delete"
        ? composeActivity({
            type: "Undo",
            actor: author.uri,
            object: { id: row.uri, ...announcing, published: row.publishedAt.toISOString() },
            ...audience,
          })
        : composeActivity(announcing),
    type: intent.type === "Delete" ? "Undo" : "Announce",
    object: row.uri,
    toFollowers: true,
    inboxes: of && !of.local ? [of.sharedInbox ?? of.inbox] : [],
    public: isOpen(row),
    supersedes: intent.type === "Delete",
  });
}

async function sendDelete(site: Site, row: PostRow, author: ActorRow, intent: IntentRow): Promise<void> {
  await enqueueActivity(site, {
    id: intent.id,
    actor: author,
    activity: composeActivity({
      type: "Delete",
      actor: author.uri,
      object: composeTombstone({ uri: row.uri, type: row.type, deletedAt: row.deletedAt ?? intent.at }),
      to: row.to,
      cc: row.cc,
      published: intent.at,
    }),
    type: "Delete",
    object: row.uri,
    post: row._id,
    toFollowers: row.visibility !== "direct",
    inboxes: await inboxesOf(site, row, row.mentions),
    public: isOpen(row),
    supersedes: true,
  });
}

/** Hands a changed profile over to delivery. */
export async function sendProfile(site: Site, actor: ActorRow, intent: IntentRow): Promise<void> {
  const object = composeActor(site.urls, actor, await accountKey(site, actor._id));
  await enqueueActivity(site, {
    id: intent.id,
    actor,
    activity: composeActivity({
      type: "Update",
      actor: actor.uri,
      object,
      to: [PUBLIC],
      cc: [site.urls.followers(actor.username)],
      published: intent.at,
    }),
    type: "Update",
    object: actor.uri,
    toFollowers: true,
    public: true,
    supersedes: true,
  });
}
