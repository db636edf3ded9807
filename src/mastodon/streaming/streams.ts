import type { ActorRow, TokenRow } from "../../database/rows.ts";
import { covers } from "../../domain/scopes.ts";
import type { StreamEvent } from "../../domain/stream.ts";
import type { Site } from "../../site.ts";
import { parseId } from "../../support/ids.ts";
import { normaliseTag } from "../../text/hashtags.ts";
import { ApiError, forbidden, notFound } from "../errors.ts";

/** Who listens: a person, with what the token allows. */
export interface StreamViewer {
  readonly account: ActorRow;
  readonly token: Pick<TokenRow, "_id" | "scopes">;
}

/** What a client asks to hear. */
export interface StreamWish {
  /** As in WebSocket frames: `user`, `public:local:media`, `hashtag`, … */
  name: string;
  tag?: string | undefined;
  list?: string | undefined;
}

/** A stream that may be listened to. */
export interface Stream {
  /** What its frames are labelled with: masto.js drops those that do not name what it has subscribed to. */
  label: string[];
  /** Of domain/stream.ts. */
  channels: string[];
  /** Strangers fill it, so people who are muted are left out. */
  isPublic: boolean;
  passes(event: StreamEvent["event"]): boolean;
}

const PUBLIC = /^public(?::(?:local|remote))?(?::media)?$/;
const KNOWN =
  /^(?:user(?::notification)?|direct|hashtag(?::local)?|list|public(?::(?:local|remote))?(?::media)?)$/;
const NOTIFYING: ReadonlySet<string> = new Set(["notification", "notifications_merged"]);

/** One text for one wish: the second is the first. */
export function wishKey({ name, tag, list }: StreamWish): string {
  if (name === "list") return `list ${list ?? ""}`;
  return name.startsWith("hashtag") ? `${name} ${tag ?? ""}` : name;
}

/**
 * The stream of this name for this person.
 * @throws {ApiError} 403 where the token does not cover it, 404 for a list of somebody else, 400 for what is no stream.
 */
export async function openStream(site: Site, viewer: StreamViewer, wish: StreamWish): Promise<Stream> {
  const { name } = wish;
  if (!KNOWN.test(name)) throw new ApiError(400, "Unknown stream type");
  const me = viewer.account._id;
  const mayRead = covers(viewer.token.scopes, "read:statuses");
  const mayHear = covers(viewer.token.scopes, "read:notifications");
  const stream = (label: string[], channels: string[], more: Partial<Stream> = {}): Stream => ({
    label,
    channels,
    isPublic: false,
    passes: () => true,
    ...more,
  });

  if (name === "user" && (mayRead || mayHear))
    return stream([name], [`user:${me}`], {
      passes: (event) => (NOTIFYING.has(event) ? mayHear : mayRead),
    });
  if (name === "user:notification" && mayHear) return stream([name], [`user:notification:${me}`]);
  if (name === "user:notification" || !mayRead) throw forbidden();
  if (PUBLIC.test(name)) return stream([name], [name], { isPublic: true });
  if (name === "direct") return stream([name], [`direct:${me}`]);
  if (name === "hashtag" || name === "hashtag:local") {
    const tag = wish.tag ?? "";
    const key = normaliseTag(tag);
    if (key === "") throw new ApiError(400, "Missing tag name parameter");
    return stream([name, tag], [`${name}:${key}`], { isPublic: true });
  }
  const list = wish.list ?? "";
  const id = parseId(list);
  if (id === undefined || (await site.models.lists.exists({ _id: id, owner: me })) === null) throw notFound();
  return stream([name, list], [`list:${id}`]);
}
