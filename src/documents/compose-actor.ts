import type { Urls } from "../support/urls.ts";
import { composeMedia } from "./compose-media.ts";
import { withContext } from "./context.ts";
import type { JsonObject } from "./parse-json.ts";
import type { ActorView } from "./views.ts";

/**
 * The actor document of an account of ours or of the site itself, with everything that some reader refuses to do
 * without: Plume `outbox` and `followers`, PeerTube `url` and a key in SPKI form, Pixelfed `manuallyApprovesFollowers`
 * (missing, it reads "private"), Misskey a name that is not empty.
 * @param key `pem` begins with `-----BEGIN PUBLIC KEY-----`.
 */
export function composeActor(urls: Urls, actor: ActorView, key: { id: string; pem: string }): JsonObject {
  const base = actor.uri;
  const isSite = base === urls.siteActor;
  return withContext({
    id: base,
    type: actor.type,
    preferredUsername: actor.username,
    name: actor.name === "" ? actor.username : actor.name,
    summary: actor.summary,
    // Plume stores a Group only with the source of its description.
    source: { content: actor.summarySource ?? "", mediaType: "text/markdown" },
    url: actor.url,
    webfinger: `${actor.username}@${actor.host}`,
    inbox: actor.inbox,
    outbox: actor.outbox ?? `${base}/outbox`,
    followers: actor.followersUri ?? `${base}/followers`,
    following: actor.followingUri ?? `${base}/following`,
    ...(isSite ? {} : { featured: actor.featuredUri ?? `${base}/featured`, featuredTags: `${base}/tags` }),
    endpoints: { sharedInbox: actor.sharedInbox ?? urls.sharedInbox },
    publicKey: { id: key.id, owner: base, publicKeyPem: key.pem },
    ...(actor.publishedAt === undefined ? {} : { published: actor.publishedAt.toISOString() }),
    manuallyApprovesFollowers: actor.manuallyApprovesFollowers,
    discoverable: actor.discoverable,
    indexable: actor.indexable,
    ...(actor.icon === undefined ? {} : { icon: picture(actor.icon) }),
    ...(actor.image === undefined ? {} : { image: picture(actor.image) }),
    tag: [],
    attachment: actor.fields.map(({ name, value }) => ({ type: "PropertyValue", name, value })),
    alsoKnownAs: actor.alsoKnownAs,
    ...(actor.movedTo === undefined ? {} : { movedTo: actor.movedTo }),
    // Link previews of the site's pages may name the account as their author (Mastodon 4.3 and later).
    attributionDomains: [...new Set([urls.host, ...(actor.attributionDomains ?? [])])],
  });
}

function picture(media: NonNullable<ActorView["icon"]>): JsonObject {
  return { ...composeMedia(media), type: "Image" };
}
