import { Router } from "express";
import type { ActivityRow } from "../database/rows.ts";
import { composeActivity } from "../documents/compose-activity.ts";
import { idsOf } from "../documents/read.ts";
import { postById } from "../domain/find-post.ts";
import type { Site } from "../site.ts";
import { Gone, NotFound } from "../support/errors.ts";
import { idIn } from "./params.ts";
import { composeOwnPost, standing } from "./post-document.ts";
import { reading } from "./reading.ts";
import { ACTIVITY_JSON, send, served, servedText, type Served } from "./respond.ts";

/** `/ap/activities/:id`: what we have sent to everybody, for who wants to look it up. */
export function activityRoutes(site: Site): Router {
  const router = Router({ caseSensitive: true });
  reading(router)("/ap/activities/:id", async (request, response) => {
    const activity = await site.models.activities.findById(idIn(request)).lean<ActivityRow | null>();
    if (!activity?.public) throw new NotFound();
    send(request, response, await documentOf(site, activity));
  });
  return router;
}

/**
 * The bytes as sent, as long as what they say may still be said: a Create outlives neither its post nor, where an edit
 * took something back, the old text.
 */
async function documentOf(site: Site, activity: ActivityRow): Promise<Served> {
  const asSent = (): Served => servedText(activity.body, { type: ACTIVITY_JSON });
  if (activity.post === undefined || activity.type === "Delete") return asSent();
  const post = await postById(site, activity.post);
  const state = standing(post);
  if (state === "gone") throw new Gone();
  if (!post || state === "nothing") throw new NotFound();
  if (post.updatedAt === undefined || post.updatedAt <= activity.createdAt) return asSent();
  const object = await composeOwnPost(site, post);
  return served(
    composeActivity({
      id: activity.uri,
      type: activity.type,
      actor: post.authorUri,
      object,
      to: idsOf(object.to),
      cc: idsOf(object.cc),
      published: activity.type === "Create" ? post.publishedAt : activity.createdAt,
    }),
  );
}
