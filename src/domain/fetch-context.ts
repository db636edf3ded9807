import { LRUCache } from "lru-cache";
import type { PostRow } from "../database/rows.ts";
import { asArray, idOf, isObject, sameHost, type JsonObject } from "../documents/read.ts";
import { fetchObject } from "../remote/objects.ts";
import type { Site } from "../site.ts";
import { MINUTE } from "../support/clock.ts";
import { reasonOf } from "../support/errors.ts";
import { Semaphore } from "../support/semaphore.ts";
import { findPost } from "./find-post.ts";
import { importPost } from "./receive.ts";
import { isOpen } from "./visibility.ts";

/** Posts above that are fetched. */
const ANCESTORS = 20;
/** Answers that are fetched, and pages of their collection that are read for them. */
const ANSWERS = 60;
const PAGES = 3;
const AT_ONCE = 4;
/** How long a conversation counts as known. */
const FRESH = 5 * MINUTE;

const looks = new WeakMap<Site, LRUCache<number, { at: number; look: Promise<void> }>>();

/**
 * Looks on its own server for what stands around a post of somebody else and is not stored: what it answers, up to twenty
 * posts above, and up to sixty answers to it. Once in five minutes a post; what cannot be had is left. Never throws.
 * Only for people who are logged in: it makes this site call others.
 */
export function fetchContext(site: Site, post: PostRow): Promise<void> {
  if (post.local || !isOpen(post)) return Promise.resolve();
  let known = looks.get(site);
  if (known === undefined) looks.set(site, (known = new LRUCache({ max: 1000 })));
  const now = site.clock.now().getTime();
  const last = known.get(post._id);
  if (last !== undefined && now - last.at < FRESH) return last.look;
  const look = Promise.all([
    attempt(site, post, () => fetchAncestors(site, post)),
    attempt(site, post, () => fetchAnswers(site, post)),
  ]).then(() => undefined);
  known.set(post._id, { at: now, look });
  return look;
}

async function attempt(site: Site, post: PostRow, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    site.logger.debug({ post: post.uri, reason: reasonOf(error) }, "a conversation could not be fetched");
  }
}

async function fetchAncestors(site: Site, post: PostRow): Promise<void> {
  let below = post;
  for (let count = 0; count < ANCESTORS && below.inReplyTo !== undefined; count += 1) {
    const stored =
      below.inReplyToId === undefined
        ? await findPost(site, below.inReplyTo)
        : await site.models.posts.findById(below.inReplyToId).lean<PostRow | null>();
    const parent = stored ?? (await importPost(site, below.inReplyTo));
    if (parent === null) return;
    if (below.inReplyToId === undefined) await hang(site, below, parent);
    below = parent;
  }
}

/** The answer came before what it answers: they, and all that hangs beneath, are one conversation from now on. */
async function hang(site: Site, below: PostRow, parent: PostRow): Promise<void> {
  const conversation = parent.conversation ?? parent._id;
  await site.models.posts.updateOne(
    { _id: below._id },
    { $set: { inReplyToId: parent._id, inReplyToAuthor: parent.author, conversation } },
  );
  const before = below.conversation ?? below._id;
  if (before !== conversation)
    await site.models.posts.updateMany({ conversation: before }, { $set: { conversation } });
}

async function fetchAnswers(site: Site, post: PostRow): Promise<void> {
  const uris = (await answersOf(site, post)).filter((uri) => !site.urls.isOurs(uri));
  const gate = new Semaphore(AT_ONCE);
  await Promise.all(
    uris.map((uri) => gate.run(() => attempt(site, post, async () => void (await importPost(site, uri))))),
  );
}

/** Ids in the post's `replies`, which its own server keeps. */
async function answersOf(site: Site, post: PostRow): Promise<string[]> {
  const document = await fetchObject(site, post.uri);
  const read = async (value: unknown): Promise<JsonObject | undefined> => {
    if (isObject(value)) return value;
    const uri = idOf(value);
    return uri !== undefined && sameHost(uri, post.uri) ? fetchObject(site, uri) : undefined;
  };
  const found = new Set<string>();
  const collection = await read(document.replies);
  let page = collection && (hasItems(collection) ? collection : await read(collection.first));
  for (let count = 0; page !== undefined && count < PAGES; count += 1) {
    for (const item of [...asArray(page.items), ...asArray(page.orderedItems)]) {
      const uri = idOf(item);
      if (uri !== undefined && found.size < ANSWERS) found.add(uri);
    }
    page = found.size < ANSWERS ? await read(page.next) : undefined;
  }
  return [...found];
}

function hasItems(collection: JsonObject): boolean {
  return asArray(collection.items).length + asArray(collection.orderedItems).length > 0;
}
