import { createHash } from "node:crypto";
import { asArray, date, httpUrl, idOf, idsOf, isObject, sameHost, typesOf, type JsonObject } from "./read.ts";

/** The parts of a foreign activity that every handler needs. */
export interface ReadActivity {
  id: string;
  type: string;
  actor: string;
  /** As it came; a list of one is unwrapped. */
  object: unknown;
  objectId?: string;
  to: string[];
  cc: string[];
  published?: Date;
  target?: string;
  raw: JsonObject;
}

export type ActivityRefusal =
  | "not-an-object"
  | "no-type"
  | "not-an-activity"
  | "no-id"
  | "no-actor"
  | "no-object"
  | "actor-on-another-host";

const ACTIVITIES = new Set(
  (
    "Accept Add Announce AnnounceRequest ApproveReply Arrive Block Create Delete Dislike EmojiReact FeatureRequest " +
    "Flag Follow Ignore Invite Join Leave Like LikeRequest Listen Move Offer QuoteRequest Read Reject RejectReply " +
    "Remove ReplyRequest TentativeAccept TentativeReject Travel Undo Update View WatchAction"
  ).split(" "),
);
/** Objects that some servers give an `actor` too (Pleroma), so that it alone does not make an activity. */
const OBJECTS = new Set(
  (
    "Article Audio ChatMessage Collection CollectionPage Document Event Image Note OrderedCollection " +
    "OrderedCollectionPage Page Place Profile Question Relationship Tombstone Video"
  ).split(" "),
);

/**
 * Reads an activity tolerantly (federation rules, section 10) and refuses what can never be one. An unknown type with
 * an actor and an object is read as it is: what to do with it is the handlers' choice.
 */
export function readActivity(
  doc: unknown,
): { ok: true; activity: ReadActivity } | { ok: false; reason: ActivityRefusal } {
  if (!isObject(doc)) return { ok: false, reason: "not-an-object" };
  const types = typesOf(doc);
  if (types.length === 0) return { ok: false, reason: "no-type" };
  const type = types.find((name) => ACTIVITIES.has(name)) ?? types.find((name) => !OBJECTS.has(name));
  if (type === undefined) return { ok: false, reason: "not-an-activity" };
  const actor = httpUrl(idOf(doc.actor));
  if (actor === undefined) return { ok: false, reason: "no-actor" };
  const id = isMissing(doc.id) ? madeUpId(actor, type, doc) : httpUrl(doc.id);
  if (id === undefined) return { ok: false, reason: "no-id" };
  // An activity's id is minted by its actor's server; any other host would be speaking in its name.
  if (!sameHost(id, actor)) return { ok: false, reason: "actor-on-another-host" };
  const objects = asArray(doc.object).filter((item) => typeof item === "string" || isObject(item));
  if (objects.length === 0) return { ok: false, reason: "no-object" };
  const objectId = idOf(objects);
  const published = date(doc.published);
  const target = idOf(doc.target);
  return {
    ok: true,
    activity: {
      id,
      type,
      actor,
      object: objects.length === 1 ? objects[0] : objects,
      ...(objectId === undefined ? {} : { objectId }),
      to: idsOf(doc.to),
      cc: idsOf(doc.cc),
      ...(published === undefined ? {} : { published }),
      ...(target === undefined ? {} : { target }),
      raw: doc,
    },
  };
}

function isMissing(id: unknown): boolean {
  return id === undefined || id === null || id === "";
}

/**
 * GoToSocial sends a Delete, Pleroma a Flag without an id. They get one from what they say, on their actor's own host,
 * so that the same words delivered twice are still known for the same.
 */
function madeUpId(actor: string, type: string, doc: JsonObject): string {
  const digest = createHash("sha256").update(JSON.stringify(doc)).digest("base64url");
  return `${actor.replace(/#.*$/, "")}#${encodeURIComponent(type)}/${digest}`;
}
