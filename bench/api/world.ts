import type { ActorRow, PostRow } from "../../src/database/rows.ts";
import { PUBLIC } from "../../src/documents/read.ts";
import type { Site } from "../../src/site.ts";
import { snowflake } from "../../src/support/ids.ts";
import { excerpt } from "../../src/text/excerpt.ts";
import { POLICY_VERSION } from "../../src/text/sanitise.ts";

/** People and posts of the benchmark, as they are stored when they come from other servers or are published here. */

const WORDS =
  "bread flour water salt time oven crust crumb starter rye wheat spelt dough proof fold shape score steam bake loaf bowl cloth stone mill seed oat malt hand night morning".split(
    " ",
  );
const TAGS = ["Sourdough", "Bread", "Baking", "Rye", "Flour", "Crumb", "Breakfast", "Kitchen"];
const HOSTS = 80;

/** The same numbers in every run (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export type Random = () => number;
export const one = <T>(random: Random, list: readonly T[]): T => {
  const item = list[Math.floor(random() * list.length)];
  if (item === undefined) throw new Error("nothing to choose from");
  return item;
};

const sentence = (random: Random, words: number): string => {
  const text = Array.from({ length: words }, () => one(random, WORDS)).join(" ");
  return `${text[0]?.toUpperCase() ?? ""}${text.slice(1)}.`;
};

/** A person on another server with a full profile. */
export function person(at: number, now: Date): ActorRow {
  const random = randomFrom(at + 1);
  const host = `server${at % HOSTS}.example`;
  const username = `baker_${at}`;
  const uri = `https://${host}/users/${username}`;
  const made = new Date(now.getTime() - 4 * 365 * 86_400_000 + at * 1000);
  return {
    _id: snowflake(made),
    uri,
    local: false,
    type: "Person",
    username,
    host,
    handle: `${username}@${host}`,
    name: `Baker ${at}`,
    summary: `<p>${sentence(random, 20)} <a href="https://${host}/tags/bread" class="mention hashtag" rel="tag">#<span>bread</span></a></p>`,
    url: `https://${host}/@${username}`,
    icon: { type: "Image", mediaType: "image/png", url: `https://files.${host}/avatars/${at}/original.png` },
    image: { type: "Image", mediaType: "image/png", url: `https://files.${host}/headers/${at}/original.png` },
    fields: [
      { name: "Pronouns", value: "they/them" },
      {
        name: "Web",
        value: `<a href="https://baker${at}.example" rel="me nofollow noopener">baker${at}.example</a>`,
      },
    ],
    ...(at % 10 === 0
      ? { emojis: [{ shortcode: "loaf", url: `https://files.${host}/emoji/loaf.png` }] }
      : {}),
    alsoKnownAs: [],
    discoverable: true,
    indexable: true,
    manuallyApprovesFollowers: false,
    inbox: `${uri}/inbox`,
    outbox: `${uri}/outbox`,
    sharedInbox: `https://${host}/inbox`,
    followersUri: `${uri}/followers`,
    followingUri: `${uri}/following`,
    featuredUri: `${uri}/collections/featured`,
    publishedAt: made,
    createdAt: made,
    fetchedAt: now,
    followersCount: Math.floor(random() * 1000),
    followingCount: Math.floor(random() * 500),
    postsCount: Math.floor(random() * 2000),
    lastPostAt: now,
  };
}

export interface Setting {
  site: Site;
  author: ActorRow;
  at: Date;
  random: Random;
  /** Somebody to speak to. */
  other: ActorRow;
}

/** A note, on some days with a picture, tags, somebody mentioned, a warning, a poll. */
export function note({ site, author, at, random, other }: Setting, more: Partial<PostRow> = {}): PostRow {
  const _id = snowflake(at);
  const uri = author.local ? site.urls.post(_id) : `${author.uri}/statuses/${_id}`;
  const url = author.local ? site.urls.postPage(author.username, _id) : `${author.url}/${_id}`;
  const hashtags = random() < 0.3 ? [one(random, TAGS), "bread"].slice(0, random() < 0.5 ? 1 : 2) : [];
  const isAddressed = random() < 0.2 && other._id !== author._id;
  const words = [
    sentence(random, 12 + Math.floor(random() * 30)),
    sentence(random, 10 + Math.floor(random() * 20)),
  ];
  const mention = `<span class="h-card"><a href="${other.url}" class="u-url mention">@<span>${other.username}</span></a></span> `;
  const tags = hashtags.map(
    (tag) =>
      `<a href="https://${author.host}/tags/${tag.toLowerCase()}" class="mention hashtag" rel="tag">#<span>${tag}</span></a>`,
  );
  const content = `<p>${isAddressed ? mention : ""}${words[0] ?? ""}</p><p>${[words[1], ...tags].join(" ")}</p>`;
  const followers = author.followersUri ?? `${author.uri}/followers`;
  return {
    _id,
    uri,
    url,
    names: [uri, url],
    local: author.local,
    author: author._id,
    authorUri: author.uri,
    type: "Note",
    content,
    policy: POLICY_VERSION,
    ...(author.local ? { source: { text: content, mediaType: "text/html" } } : {}),
    excerpt: excerpt(content),
    ...(random() < 0.05 ? { warning: "food", sensitive: true } : { sensitive: false }),
    language: "en",
    visibility: "public",
    to: [PUBLIC],
    cc: [followers, ...(isAddressed ? [other.uri] : [])],
    mentions: isAddressed ? [{ handle: other.handle, uri: other.uri, url: other.url }] : [],
    hashtags,
    tagKeys: [...new Set(hashtags.map((tag) => tag.toLowerCase()))],
    attachments: random() < 0.2 ? [picture(author.host, _id, random)] : [],
    publishedAt: at,
    createdAt: at,
    federated: author.local,
    likesCount: Math.floor(random() * 20),
    boostsCount: Math.floor(random() * 5),
    repliesCount: 0,
    conversation: _id,
    ...(random() < 0.01 ? { poll: poll(at) } : {}),
    ...more,
  };
}

/** As Mastodon announces it. */
export function boost({ site, author, at }: Setting, of: PostRow): PostRow {
  const _id = snowflake(at);
  const uri = author.local ? `${site.urls.post(_id)}/activity` : `${author.uri}/statuses/${_id}/activity`;
  return {
    _id,
    uri,
    url: of.url,
    names: [uri],
    local: author.local,
    author: author._id,
    authorUri: author.uri,
    type: "Announce",
    content: "",
    policy: POLICY_VERSION,
    excerpt: "",
    sensitive: false,
    visibility: "public",
    to: [PUBLIC],
    cc: [author.followersUri ?? `${author.uri}/followers`],
    mentions: [],
    hashtags: [],
    tagKeys: [],
    attachments: [],
    publishedAt: at,
    createdAt: at,
    federated: author.local,
    likesCount: 0,
    boostsCount: 0,
    repliesCount: 0,
    boostOf: of._id,
  };
}

/** What makes a note an answer. */
export function answerTo(parent: PostRow, root?: PostRow): Partial<PostRow> {
  return {
    inReplyTo: parent.uri,
    inReplyToId: parent._id,
    inReplyToAuthor: parent.author,
    conversation: parent.conversation ?? parent._id,
    ...(root === undefined ? {} : { thread: root._id }),
  };
}

function picture(host: string, id: number, random: Random): PostRow["attachments"][number] {
  return {
    type: "Image",
    mediaType: "image/jpeg",
    url: `https://files.${host}/media_attachments/files/${id}/original/${Math.floor(random() * 1e9).toString(16)}.jpg`,
    alt: sentence(random, 12),
    width: 1600,
    height: 1200,
    blurhash: "UBL_:rOpGG-oBUNG,qRj2so|=eE1w^n4S5NH",
    focus: { x: 0.1, y: -0.2 },
  };
}

const poll = (at: Date): NonNullable<PostRow["poll"]> => ({
  options: [
    { title: "Rye", votes: 12 },
    { title: "Wheat", votes: 7 },
  ],
  multiple: false,
  endsAt: new Date(at.getTime() + 86_400_000),
  endToldAt: new Date(at.getTime() + 86_400_000),
  voters: 19,
});
