import { receivePost } from "../../../domain/receive.ts";
import { ignored } from "../../../domain/outcome.ts";
import { resolveActor } from "../../../remote/actors.ts";
import { believedPost } from "../believe.ts";
import type { Handler } from "./handler.ts";
import { mayConcernUs } from "./relevance.ts";

/** Create of anything that can be read as a post; an answer to us becomes a comment. */
export const receiveCreate: Handler = async (site, activity) => {
  if (activity.objectId !== undefined && site.urls.isOurs(activity.objectId))
    return ignored("is a post of this site");
  const read = await believedPost(site, activity);
  if (!read.ok) return ignored(read.why);
  const { post } = read;
  if (!(await mayConcernUs(site, post))) return ignored("answers nothing that is here");
  return receivePost(site, await resolveActor(site, post.authorUri), post);
};
