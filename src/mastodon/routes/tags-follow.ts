import { featuredTags } from "../../domain/featured-tags.ts";
import {
  featureTag,
  followedTagsPage,
  followTag,
  tagsWorthFeaturing,
  unfeatureById,
  unfeatureTag,
  unfollowTag,
} from "../../domain/tags.ts";
import type { Api, Context } from "../api.ts";
import { featuredTagEntity, type TagEntity } from "../entities/tag.ts";
import { notFound, unprocessable } from "../errors.ts";
import { loadTags } from "../load/tags.ts";
import { pageOf, setPageLinks } from "../paging.ts";

/** Hashtags that an account follows or shows on its profile. */
export function tagFollowRoutes(api: Api): void {
  const follow = { scope: ["write:follows", "follow"] };
  const feature = { scope: "write:accounts" };

  api.get("/api/v1/followed_tags", { scope: ["read:follows", "follow"] }, async (context) => {
    const { site, account, params, viewer } = context;
    const page = pageOf(params, { default: 100, max: 200 });
    const rows = await followedTagsPage(site, account, page);
    const ids = rows.map((row) => row._id);
    setPageLinks(context, ids, page, "since_id");
    const names = rows.map((row) => row.name);
    return loadTags(site, viewer, names);
  });
  api.post("/api/v1/tags/:name/follow", follow, async (context) =>
    tag(context, await followTag(context.site, context.account, nameIn(context))),
  );
  api.post("/api/v1/tags/:name/unfollow", follow, async (context) =>
    tag(context, await unfollowTag(context.site, context.account, nameIn(context))),
  );
  api.post("/api/v1/tags/:name/feature", feature, async (context) => {
    const { row } = await featureTag(context.site, context.account, nameIn(context));
    return tag(context, row.name);
  });
  api.post("/api/v1/tags/:name/unfeature", feature, async (context) =>
    tag(context, await unfeatureTag(context.site, context.account, nameIn(context))),
  );

  api.get("/api/v1/featured_tags", { scope: "read:accounts" }, async ({ site, account }) => {
    const tags = await featuredTags(site, account);
    return tags.map((one) => featuredTagEntity(one.row, site.urls.tagPage(one.row.tag), one));
  });
  api.post("/api/v1/featured_tags", feature, async ({ site, account, params }) => {
    const { row, isNew } = await featureTag(site, account, params.string("name") ?? "");
    if (!isNew) throw unprocessable("Validation failed: Tag has already been taken");
    const uses = (await featuredTags(site, account)).find((one) => one.row._id === row._id);
    return featuredTagEntity(row, site.urls.tagPage(row.tag), uses ?? { count: 0 });
  });
  api.get(
    "/api/v1/featured_tags/suggestions",
    { scope: "read:accounts" },
    async ({ site, account, viewer }) => loadTags(site, viewer, await tagsWorthFeaturing(site, account)),
  );
  api.delete("/api/v1/featured_tags/:id", feature, async ({ site, account, params }) =>
    unfeatureById(site, account, params.requiredId("id")),
  );
}

function nameIn({ params }: Context): string {
  return params.string("name") ?? "";
}

async function tag({ site, viewer }: Context, name: string): Promise<TagEntity> {
  const [entity] = await loadTags(site, viewer, [name]);
  if (entity === undefined) throw notFound();
  return entity;
}
