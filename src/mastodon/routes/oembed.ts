import { accountById } from "../../domain/find-account.ts";
import { findPost } from "../../domain/find-post.ts";
import { seenByAnyone } from "../../domain/visibility.ts";
import type { Api } from "../api.ts";
import { oembedEntity } from "../entities/oembed.ts";
import { notFound } from "../errors.ts";

/** Our posts on other sites, by the address of their page. */
export function oembedRoutes(api: Api): void {
  api.get("/api/oembed", { auth: "none" }, async ({ site, params }) => {
    const post = await findPost(site, params.string("url") ?? "");
    if (post === null || !post.local || post.boostOf !== undefined || !seenByAnyone(post)) throw notFound();
    const author = await accountById(site, post.author);
    if (author === null) throw notFound();
    const width = params.integer("maxwidth", { default: 400, min: 100, max: 1000 });
    return oembedEntity(post, author, { name: site.urls.host, origin: site.urls.origin }, width);
  });
}
