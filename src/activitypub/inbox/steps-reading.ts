import { parseJson } from "../../documents/read.ts";
import { readActivity } from "../../documents/read-activity.ts";
import { isBlockedHost } from "../../remote/hosts.ts";
import { findActor } from "../../remote/actors.ts";
import type { Site } from "../../site.ts";
import { LIMITS } from "../../support/limits.ts";
import { hostOf } from "../../support/urls.ts";
import { readBody } from "./body.ts";
import { found, refuse, type Knock, type Verdict } from "./knock.ts";

/** Bytes of an id that can be a key in every store. */
const LONGEST_ID = 1500;

/** ActivityPub, section 7: a POST has one of these types. */
export function mediaType({ request }: Knock): Verdict | undefined {
  const [type = "", ...parameters] = (request.headers["content-type"] ?? "").toLowerCase().split(";");
  const isCompressed = !["", "identity"].includes(request.headers["content-encoding"] ?? "");
  if (isCompressed) {
    return refuse(415, "content-encoding", "The body is compressed; send it as it is.");
  }
  const isJsonLd = type.trim() === "application/ld+json";
  if (type.trim() === "application/activity+json") return undefined;
  // With another profile it is some other kind of JSON-LD; without one it is what a few small servers send.
  const profile = parameters.find((text) => /^\s*profile\s*=/.test(text));
  if (isJsonLd && (profile === undefined || profile.includes("www.w3.org/ns/activitystreams")))
    return undefined;
  return refuse(
    415,
    "media-type",
    'The media type must be application/activity+json or application/ld+json; profile="https://www.w3.org/ns/activitystreams".',
  );
}

const warned = new WeakSet<Site>();

/** Reads the bytes. */
export async function body(knock: Knock): Promise<Verdict | undefined> {
  const { site, request } = knock;
  const read = await readBody(request);
  if (read.ok) {
    knock.body = read.body;
    return undefined;
  }
  switch (read.reason) {
    case "too-large":
      return refuse(413, "too-large", `An activity may have ${LIMITS.inboxBytes} bytes.`, { hangUp: true });
    case "too-slow":
      return refuse(408, "too-slow", "The body did not arrive in time.", { hangUp: true });
    case "broken-off":
      return refuse(400, "broken-off", "The body broke off.", { hangUp: true });
    case "eaten": {
      const text =
        "A body parser of this site has read the request before express-fediverse could: signatures cover the raw " +
        "bytes. Mend it by mounting fediverse() before the body parser: app.use(fediverse({ … })) above " +
        "app.use(express.json({ … })).";
      if (!warned.has(site)) site.logger.error({ reason: "body-eaten" }, text);
      warned.add(site);
      return refuse(500, "body-eaten", text);
    }
  }
}

/** Parses within limits of depth. */
export function json(knock: Knock): Verdict | undefined {
  const parsed = parseJson(found(knock, "body"));
  if (!parsed.ok) return refuse(400, parsed.reason, "The body is not a JSON object that can be read.");
  knock.document = parsed.value;
  return undefined;
}

/** Reads the activity; one that speaks with an id of another host ends here. */
export function activity(knock: Knock): Verdict | undefined {
  const read = readActivity(found(knock, "document"));
  if (!read.ok) return refuse(400, read.reason, "The body is not an activity that can be read.");
  const { id, actor } = read.activity;
  if (Buffer.byteLength(id) > LONGEST_ID || Buffer.byteLength(actor) > LONGEST_ID) {
    return refuse(400, "id-too-long", `An id may have ${LONGEST_ID} bytes.`);
  }
  if (knock.site.urls.isOurs(actor)) {
    return refuse(403, "own-actor", "The actor lives on this site, which does not post to itself.");
  }
  knock.activity = read.activity;
  return undefined;
}

/**
 * Blocked hosts hear so. Answering 202 would hide the block, and their queue would go on sending for ever what nobody
 * reads; a 403 is final for every server, and their administrator can see why.
 */
export function blockedHost(knock: Knock): Verdict | undefined {
  const host = hostOf(found(knock, "activity").actor) ?? "";
  return isBlockedHost(knock.site, host)
    ? refuse(403, "blocked", "This site takes nothing from your server.")
    : undefined;
}

/**
 * An account that is deleted tells every server it ever heard of, and its key is gone already. If we never knew it there
 * is nothing to delete, and nothing to prove: Mastodon's servers send thousands of these a day.
 */
export async function strangersOwnDelete(knock: Knock): Promise<Verdict | undefined> {
  const { type, actor, objectId } = found(knock, "activity");
  if (type !== "Delete" || objectId !== actor) return undefined;
  return (await findActor(knock.site, actor)) === null ? { status: 202, reason: "stranger-left" } : undefined;
}
