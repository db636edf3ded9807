import type { ActorRow, MediaRow } from "../database/rows.ts";
import type { ReadActor } from "../documents/read-actor.ts";
import type { MediaView } from "../documents/views.ts";
import { plainText } from "../text/plain-text.ts";
import { sanitiseHtml } from "../text/sanitise.ts";
import type { Account } from "./webfinger.ts";

/** The parts of a row that the actor's own document decides. */
export type ActorFacts = Pick<
  ActorRow,
  | "uri"
  | "local"
  | "type"
  | "username"
  | "host"
  | "handle"
  | "name"
  | "summary"
  | "url"
  | "fields"
  | "alsoKnownAs"
  | "discoverable"
  | "indexable"
  | "manuallyApprovesFollowers"
  | "inbox"
> &
  Partial<Record<OptionalFact, ActorRow[OptionalFact]>>;

const OPTIONAL = [
  "icon",
  "image",
  "movedTo",
  "outbox",
  "sharedInbox",
  "followersUri",
  "followingUri",
  "featuredUri",
  "publishedAt",
] as const;
type OptionalFact = (typeof OPTIONAL)[number];

/** What a stranger's document says, made safe: texts sanitised, names plain. `account` is proven, the document's is not. */
export function actorFacts(actor: ReadActor, account: Account): ActorFacts {
  const html = (text: string): string => sanitiseHtml(text, { baseUrl: actor.url });
  const optional = {
    icon: actor.icon && picture(actor.icon),
    image: actor.image && picture(actor.image),
    movedTo: actor.movedTo,
    outbox: actor.outbox,
    sharedInbox: actor.sharedInbox,
    followersUri: actor.followersUri,
    followingUri: actor.followingUri,
    featuredUri: actor.featuredUri,
    publishedAt: actor.publishedAt,
  };
  return {
    uri: actor.uri,
    local: false,
    type: actor.type,
    username: account.username,
    host: account.host,
    handle: `${account.username}@${account.host}`.toLowerCase(),
    name: plainText(actor.name, 500),
    summary: html(actor.summary),
    url: actor.url,
    fields: actor.fields.map(({ name, value }) => ({ name: plainText(name, 255), value: html(value) })),
    alsoKnownAs: actor.alsoKnownAs,
    discoverable: actor.discoverable,
    indexable: actor.indexable,
    manuallyApprovesFollowers: actor.manuallyApprovesFollowers,
    inbox: actor.inbox,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
}

/** The optional fields that the document no longer has, to be taken out of the row. */
export function missingFacts(facts: ActorFacts): string[] {
  return OPTIONAL.filter((name) => facts[name] === undefined);
}

function picture(media: MediaView): MediaRow {
  return { ...media };
}
