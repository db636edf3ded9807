import { normaliseTag } from "../../text/hashtags.ts";
import type { Api } from "../api.ts";
import { notFound } from "../errors.ts";
import { loadTags } from "../load/tags.ts";

/** Reading hashtags; one that nobody has used is there, too. */
export function tagReadRoutes(api: Api): void {
  api.get("/api/v1/tags/:name", { auth: "optional" }, async ({ site, params, viewer }) => {
    const name = params.string("name") ?? "";
    const [tag] = normaliseTag(name) === "" ? [] : await loadTags(site, viewer, [name.replace(/^#/, "")]);
    if (tag === undefined) throw notFound();
    return tag;
  });
}
