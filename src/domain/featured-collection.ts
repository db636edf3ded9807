import type { ActorRow } from "../database/rows.ts";
import { enqueueActivity } from "../delivery/enqueue.ts";
import { composeActivity } from "../documents/compose-activity.ts";
import { PUBLIC } from "../documents/read.ts";
import type { Site } from "../site.ts";

/**
 * Tells followers what an account shows on its profile: a pinned post by its id, a hashtag as an object. Pleroma wants
 * every one of these members; Mastodon the exact address of the collection, for hashtags that of the posts as well.
 * @param id of the object, which keeps what is said of it in order.
 */
export async function tellOfFeatured(
  site: Site,
  account: ActorRow,
  type: "Add" | "Remove",
  id: string,
  object: string | Record<string, unknown> = id,
): Promise<void> {
  await enqueueActivity(site, {
    actor: account,
    activity: {
      ...composeActivity({
        type,
        actor: account.uri,
        object,
        to: [PUBLIC],
        cc: [site.urls.followers(account.username)],
      }),
      target: site.urls.featured(account.username),
    },
    type,
    object: id,
    toFollowers: true,
    public: true,
  });
}
