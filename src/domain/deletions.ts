import type { ActorRow, PostRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { eraseComment } from "./comments.ts";
import { endFollows } from "./follows.ts";
import { endInteractions } from "./interactions.ts";
import { done, ignored, type Outcome } from "./outcome.ts";
import { bury } from "./tombstones.ts";

/**
 * An actor has deleted something of its own: a post, or itself. Remembered when it is not here, since the Create may
 * still be on its way.
 */
export async function receiveDelete(site: Site, actorUri: string, objectUri: string): Promise<Outcome> {
  if (objectUri === actorUri) return dropActor(site, actorUri);
  await bury(site, actorUri, objectUri);
  const post = await site.models.posts.findOne({ uri: objectUri }).lean<PostRow | null>();
  if (!post) return ignored("is not here");
  if (post.local || post.authorUri !== actorUri) return ignored("is another author's post");
  return (await eraseComment(site, post)) ? done("was deleted") : ignored("was deleted before");
}

/** Erases everything that an actor who is gone has left here: follows, reactions, comments, the profile itself. */
export async function dropActor(site: Site, actorUri: string): Promise<Outcome> {
  const actor = await site.models.actors.findOne({ uri: actorUri, local: false }).lean<ActorRow | null>();
  if (!actor) return ignored("is nobody known here");
  await endFollows(site, actor);
  await endInteractions(site, actor);
  for (;;) {
    const posts = await site.models.posts
      .find({ author: actor._id, deletedAt: { $exists: false } })
      .sort({ _id: -1 })
      .limit(200)
      .lean<PostRow[]>();
    if (posts.length === 0) break;
    for (const post of posts) await eraseComment(site, post);
  }
  await site.models.actors.updateOne(
    { _id: actor._id },
    { $set: { goneAt: site.clock.now(), name: "", summary: "", fields: [] }, $unset: { icon: 1, image: 1 } },
  );
  return done("actor was deleted");
}
