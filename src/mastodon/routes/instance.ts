import { mediaTools } from "../../domain/media-tools.ts";
import { siteFacts } from "../../domain/site-facts.ts";
import { vapidKeys } from "../../domain/vapid.ts";
import type { Site } from "../../site.ts";
import type { Api } from "../api.ts";
import { instanceEntity, instanceV1Entity, type InstanceInput } from "../entities/instance.ts";
import { timeOf } from "../entities/time.ts";
import { languageNames } from "../languages.ts";
import { loadAccount } from "../load/accounts.ts";
import { surroundingsOf } from "../load/surroundings.ts";

const IMAGES = ["image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"];
const MOVING = [
  "video/mp4",
  "video/quicktime",
  "video/webm",
  "video/x-matroska",
  "audio/mpeg",
  "audio/mp3",
  "audio/mp4",
  "audio/x-m4a",
  "audio/m4a",
  "audio/aac",
  "audio/ogg",
  "audio/vorbis",
  "audio/opus",
  "audio/flac",
  "audio/x-flac",
  "audio/wav",
  "audio/wave",
  "audio/x-wav",
];

/** What this server is, what it can, and whom it knows. */
export function instanceRoutes(api: Api): void {
  const { site } = api;
  api.get("/api/v2/instance", { auth: "none" }, async () => instanceEntity(await describe(site)));
  api.get("/api/v1/instance", { auth: "none" }, async () => instanceV1Entity(await describe(site)));
  api.get("/api/v1/instance/peers", { auth: "none" }, async () => (await siteFacts(site)).peers);
  api.get("/api/v1/instance/rules", { auth: "none" }, () => []);
  api.get("/api/v1/instance/translation_languages", { auth: "none" }, () => ({}));
  api.get("/api/v1/instance/languages", { auth: "none" }, () => languageNames());
  api.get("/api/v1/instance/extended_description", { auth: "none" }, async () => {
    const { about, since } = await siteFacts(site);
    return { content: about, updated_at: timeOf(since) };
  });
  api.get("/api/v1/instance/privacy_policy", { auth: "none" }, async () => {
    const { since } = await siteFacts(site);
    return { content: PRIVACY, updated_at: timeOf(since) };
  });
}

/** What is true of every site of this package; the host's own policy is the host's to write. */
const PRIVACY = [
  "<p>What people send to this site over the fediverse (answers, boosts, likes, follows) is stored here and shown with the posts it belongs to, until they delete it.</p>",
  "<p>Pictures of other servers are fetched by this site: they never learn who reads here. Only those who run this site have accounts.</p>",
].join("");

async function describe(site: Site): Promise<InstanceInput> {
  const [facts, around, tools, keys] = await Promise.all([
    siteFacts(site),
    surroundingsOf(site),
    mediaTools(site),
    vapidKeys(site),
  ]);
  const { owner } = facts;
  const picture = owner?.image ?? owner?.icon;
  return {
    facts,
    contact: owner === undefined ? null : await loadAccount(site, {}, owner),
    email: site.options.contactEmail ?? "",
    host: site.urls.host,
    origin: site.urls.origin,
    streamingUrl: site.faces.streamingUrl,
    language: site.options.language ?? "en",
    thumbnail: picture === undefined ? around.header : around.picture(picture.url),
    vapidPublicKey: keys.publicKey,
    mediaTypes: tools === undefined ? IMAGES : [...IMAGES, ...MOVING],
  };
}
