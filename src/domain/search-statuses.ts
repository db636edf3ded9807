import type { ActorRow, InteractionRow, NotificationRow, PostRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { plainText } from "../text/plain-text.ts";
import { accountByHandle } from "./find-account.ts";
import { inOrderOf } from "./page.ts";

export interface StatusSearch {
  limit: number;
  offset?: number;
  /** Only by this author. */
  author?: number;
  maxId?: number;
  minId?: number;
}

/** The newest of each kind that are looked through; older ones are found by their address only. */
const OWN = 1000;
const KEPT = 500;
/** Characters of each that are read. */
const READ = 20_000;

type Text = Pick<PostRow, "_id" | "author" | "content" | "title" | "warning" | "hashtags" | "boostOf">;
const TEXT = { author: 1, content: 1, title: 1, warning: 1, hashtags: 1, boostOf: 1 } as const;

/**
 * Posts that have each word of the text, newest first: among those the viewer has written, liked, kept, boosted or been
 * mentioned in, as Mastodon searches; not in what strangers say. `from:me` and `from:@name@host` name the author.
 * Bounded: the newest thousand own ones and five hundred of each other kind. Five queries.
 */
export async function searchStatuses(
  site: Site,
  viewer: Pick<ActorRow, "_id">,
  text: string,
  wanted: StatusSearch,
): Promise<PostRow[]> {
  const { words, from } = readQuery(text);
  if (words.length === 0 && from === undefined) return [];
  const author = await authorOf(site, viewer, from, wanted.author);
  if (author === null) return [];
  const candidates = await candidatesOf(site, viewer, author);
  const { offset = 0, limit, maxId, minId } = wanted;
  const ids = candidates
    .filter((post) => post.boostOf === undefined && (author === undefined || post.author === author))
    .filter((post) => (maxId === undefined || post._id < maxId) && (minId === undefined || post._id > minId))
    .filter((post) => hasWords(post, words))
    .map((post) => post._id)
    .sort((one, other) => other - one)
    .slice(offset, offset + limit);
  if (ids.length === 0) return [];
  return inOrderOf(ids, await site.models.posts.find({ _id: { $in: ids } }).lean<PostRow[]>());
}

/** `undefined`: anybody; `null`: nobody that is known. */
async function authorOf(
  site: Site,
  viewer: Pick<ActorRow, "_id">,
  from: string | undefined,
  given: number | undefined,
): Promise<number | undefined | null> {
  if (from === undefined) return given;
  return from === "me" ? viewer._id : ((await accountByHandle(site, from))?._id ?? null);
}

async function candidatesOf(
  site: Site,
  viewer: Pick<ActorRow, "_id">,
  author: number | undefined,
): Promise<Text[]> {
  const me = viewer._id;
  const [own, interactions, mentions] = await Promise.all([
    author !== undefined && author !== me
      ? []
      : site.models.posts
          .find({ author: me, deletedAt: { $exists: false }, boostOf: { $exists: false } }, TEXT)
          .sort({ _id: -1 })
          .limit(OWN)
          .hint({ author: 1, _id: -1 })
          .lean<Text[]>(),
    site.models.interactions
      .find({ actor: me, kind: { $in: ["like", "bookmark", "boost"] } }, { post: 1 })
      .sort({ _id: -1 })
      .limit(3 * KEPT)
      .lean<InteractionRow[]>(),
    site.models.notifications
      .find({ owner: me, type: "mention" }, { post: 1 })
      .sort({ _id: -1 })
      .limit(KEPT)
      .lean<NotificationRow[]>(),
  ]);
  const known = new Set(own.map((post) => post._id));
  const others = [...interactions, ...mentions]
    .map((row) => row.post)
    .filter((id): id is number => id !== undefined && !known.has(id));
  if (others.length === 0) return own;
  const rows = await site.models.posts
    .find({ _id: { $in: [...new Set(others)] }, deletedAt: { $exists: false } }, TEXT)
    .lean<Text[]>();
  return [...own, ...rows];
}

/** What other operators say (`has:`, `before:` …) is not known here and narrows nothing. */
function readQuery(text: string): { words: string[]; from?: string } {
  const parts = text.toLowerCase().split(/\s+/).slice(0, 16);
  const from = parts.find((part) => part.startsWith("from:"))?.slice("from:".length);
  const words = parts
    .filter((part) => !/^-?[a-z]+:\S/.test(part))
    .map((part) => part.replace(/^["']+|["']+$/g, ""))
    .filter((part) => part !== "");
  return from === undefined || from === "" ? { words } : { words, from };
}

function hasWords(post: Text, words: readonly string[]): boolean {
  const text = [
    post.title,
    post.warning,
    plainText(post.content, READ),
    ...post.hashtags.map((tag) => `#${tag}`),
  ]
    .filter((part) => part !== undefined)
    .join("\n")
    .toLowerCase();
  return words.every((word) => text.includes(word));
}
