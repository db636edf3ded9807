import type { ActorRow } from "../../database/rows.ts";
import { featuredTags } from "../../domain/featured-tags.ts";
import { changeOwnProfile, dropProfilePicture, type ProfileChanges } from "../../domain/profile.ts";
import type { Site } from "../../site.ts";
import type { Api, Context } from "../api.ts";
import { readVisibility } from "../entities/visibility.ts";
import { profileEntity } from "../entities/profile.ts";
import { featuredTagEntity } from "../entities/tag.ts";
import { loadCredentialAccount } from "../load/accounts.ts";
import { surroundingsOf } from "../load/surroundings.ts";
import { Params } from "../params.ts";
import { readQuotePolicy } from "../status-params.ts";

/** The account's own profile. */
export function profileRoutes(api: Api): void {
  const write = { scope: "write:accounts", upload: true };
  const change = async (context: Context): Promise<unknown> =>
    loadCredentialAccount(
      context.site,
      await changeOwnProfile(context.site, context.account, readProfile(context)),
    );
  // Both verbs: some libraries know PUT only for changes.
  api.patch("/api/v1/accounts/update_credentials", write, change);
  api.put("/api/v1/accounts/update_credentials", write, change);

  const changeProfile = async (context: Context): Promise<unknown> => {
    const row = await changeOwnProfile(context.site, context.account, readProfile(context));
    return loadProfile(context.site, row);
  };
  api.get("/api/v1/profile", { scope: ["profile", "read:accounts"] }, ({ site, account }) =>
    loadProfile(site, account),
  );
  api.patch("/api/v1/profile", write, changeProfile);
  api.put("/api/v1/profile", write, changeProfile);

  for (const [name, which] of [
    ["avatar", "icon"],
    ["header", "image"],
  ] as const)
    api.delete(`/api/v1/profile/${name}`, { scope: "write:accounts" }, async ({ site, account }) =>
      loadCredentialAccount(site, await dropProfilePicture(site, account, which)),
    );
}

async function loadProfile(site: Site, row: ActorRow): Promise<unknown> {
  const [around, tags] = await Promise.all([surroundingsOf(site), featuredTags(site, row)]);
  const featured = tags.map((tag) => featuredTagEntity(tag.row, site.urls.tagPage(tag.row.tag), tag));
  return { ...profileEntity(row, around), featured_tags: featured };
}

/** What was said; a member that is not there, or null, changes nothing. */
function readProfile({ params, files }: Context): ProfileChanges {
  const source = params.object("source") ?? new Params();
  const read: { [Name in keyof ProfileChanges]: ProfileChanges[Name] | undefined } = {
    name: params.string("display_name"),
    note: params.string("note"),
    fields: params.has("fields_attributes")
      ? params.objects("fields_attributes").map((field) => ({
          name: field.string("name") ?? "",
          value: field.string("value") ?? "",
        }))
      : undefined,
    locked: params.boolean("locked"),
    bot: params.boolean("bot"),
    discoverable: params.boolean("discoverable"),
    indexable: params.boolean("indexable"),
    hidesCollections: params.boolean("hide_collections"),
    attributionDomains: params.has("attribution_domains") ? params.strings("attribution_domains") : undefined,
    avatar: files.find((file) => file.field === "avatar"),
    avatarAlt: params.string("avatar_description"),
    header: files.find((file) => file.field === "header"),
    headerAlt: params.string("header_description"),
    visibility: readVisibility(source.string("privacy")),
    sensitive: source.boolean("sensitive"),
    language: source.string("language"),
    quotePolicy: readQuotePolicy(source.string("quote_policy")),
  };
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
}
