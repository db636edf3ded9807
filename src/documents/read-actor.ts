import {
  asArray,
  date,
  httpUrl,
  idOf,
  isObject,
  localised,
  sameHost,
  text,
  typesOf,
  type JsonObject,
} from "./read.ts";
import { readKeys, type ReadKey } from "./read-keys.ts";
import { readMedia } from "./read-media.ts";
import { readPageUrl } from "./read-url.ts";
import type { MediaView } from "./views.ts";

/** A foreign actor. Texts are as they were sent: `summary` and field values are unsafe HTML. */
export interface ReadActor {
  uri: string;
  type: string;
  username: string;
  /** Display name; may be empty. */
  name: string;
  summary: string;
  url: string;
  icon?: MediaView;
  image?: MediaView;
  fields: { name: string; value: string }[];
  alsoKnownAs: string[];
  movedTo?: string;
  discoverable: boolean;
  indexable: boolean;
  manuallyApprovesFollowers: boolean;
  inbox: string;
  outbox?: string;
  sharedInbox?: string;
  followersUri?: string;
  followingUri?: string;
  featuredUri?: string;
  publishedAt?: Date;
  /** `user@host` as the actor claims it (FEP-2c59); only WebFinger proves it. */
  webfinger?: string;
  keys: ReadKey[];
}

export type ActorRefusal =
  | "not-an-object"
  | "not-an-actor"
  | "no-id"
  | "no-inbox"
  | "no-username"
  | "key-of-another-host"
  | "key-of-another-actor";

const TYPES = ["Person", "Service", "Group", "Organization", "Application"];
/** Anything but what would break a handle or a page; letters of every script are somebody's name, Plume's have blanks. */
const USERNAME = /^(?=.{1,128}$)[^\s@/\\<>"'&?#%:\p{C}]+(?: [^\s@/\\<>"'&?#%:\p{C}]+)*$/u;
const HANDLE = /^(?:acct:)?@?([^\s@/\\<>"'&?#%:]{1,128}@[^\s@/\\<>"'&?#%]{3,255})$/;

/** Reads an actor tolerantly and refuses what cannot be spoken to, or what claims another's key. */
export function readActor(
  doc: unknown,
): { ok: true; actor: ReadActor } | { ok: false; reason: ActorRefusal } {
  if (!isObject(doc)) return { ok: false, reason: "not-an-object" };
  const type = typesOf(doc).find((name) => TYPES.includes(name));
  if (type === undefined) return { ok: false, reason: "not-an-actor" };
  const uri = httpUrl(doc.id);
  if (uri === undefined) return { ok: false, reason: "no-id" };
  const inbox = httpUrl(idOf(doc.inbox));
  if (inbox === undefined) return { ok: false, reason: "no-inbox" };
  const username = doc.preferredUsername;
  if (typeof username !== "string" || !USERNAME.test(username)) return { ok: false, reason: "no-username" };
  const keys = readKeys(doc);
  if (keys.some((key) => URL.canParse(key.id) && !sameHost(key.id, uri)))
    return { ok: false, reason: "key-of-another-host" };
  if (keys.some((key) => key.owner !== uri)) return { ok: false, reason: "key-of-another-actor" };
  return {
    ok: true,
    actor: {
      uri,
      type,
      username,
      name: (text(localised(doc, "name").text, 2048) ?? "").replace(/\s+/g, " "),
      summary: (localised(doc, "summary").text ?? "").slice(0, 20_000),
      url: readPageUrl(doc.url) ?? uri,
      fields: readFields(doc.attachment),
      alsoKnownAs: asArray(doc.alsoKnownAs)
        .map((value) => httpUrl(idOf(value)))
        .filter((value) => value !== undefined)
        .slice(0, 20),
      discoverable: isTrue(doc.discoverable),
      indexable: isTrue(doc.indexable),
      manuallyApprovesFollowers: isTrue(doc.manuallyApprovesFollowers),
      inbox,
      keys,
      ...optional(doc),
    },
  };
}

/** One of Pleroma's old versions and a few small servers send booleans as words. */
function isTrue(value: unknown): boolean {
  return value === true || value === "true";
}

function optional(doc: JsonObject): Partial<ReadActor> {
  const endpoints = isObject(doc.endpoints) ? doc.endpoints : {};
  const found = {
    icon: readMedia(doc.icon),
    image: readMedia(doc.image),
    movedTo: httpUrl(idOf(doc.movedTo)),
    outbox: httpUrl(idOf(doc.outbox)),
    sharedInbox: httpUrl(idOf(endpoints.sharedInbox)) ?? httpUrl(idOf(doc.sharedInbox)),
    followersUri: httpUrl(idOf(doc.followers)),
    followingUri: httpUrl(idOf(doc.following)),
    featuredUri: httpUrl(idOf(doc.featured)),
    publishedAt: date(doc.published),
    webfinger: typeof doc.webfinger === "string" ? HANDLE.exec(doc.webfinger)?.[1] : undefined,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** Rows of the profile's table: PropertyValue, or the Note and Link of FEP-fb2a. Mastodon's limits hold. */
function readFields(value: unknown): { name: string; value: string }[] {
  const fields: { name: string; value: string }[] = [];
  for (const item of asArray(value)) {
    if (!isObject(item)) continue;
    const types = typesOf(item);
    const name = text(item.name, 255);
    const content = types.includes("PropertyValue")
      ? text(item.value, 2047)
      : types.includes("Note")
        ? text(item.content, 2047)
        : types.includes("Link")
          ? httpUrl(item.href)
          : undefined;
    if (name === undefined || content === undefined) continue;
    fields.push({ name, value: content });
    if (fields.length === 50) break;
  }
  return fields;
}
