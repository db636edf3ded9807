import { insertRow } from "../../../src/database/native.ts";
import type { ActorRow, NotificationRow, PostRow } from "../../../src/database/rows.ts";
import type { Site } from "../../../src/site.ts";
import { snowflake } from "../../../src/support/ids.ts";
import { excerpt } from "../../../src/text/excerpt.ts";
import { normaliseTag } from "../../../src/text/hashtags.ts";

let minutes = 0;

/** Stores a post as if it had arrived (or been written), each a minute after the one before; no job, no timeline. */
export async function storePost(
  site: Site,
  author: ActorRow,
  more: Partial<PostRow> & { parent?: PostRow } = {},
): Promise<PostRow> {
  const { parent, ...fields } = more;
  const publishedAt = more.publishedAt ?? new Date(Date.now() - 90 * 86_400_000 + (minutes += 1) * 60_000);
  const _id = more._id ?? snowflake(publishedAt);
  const uri = author.local ? site.urls.post(_id) : `https://${author.host}/notes/${_id}`;
  const url = author.local
    ? site.urls.postPage(author.username, _id)
    : `https://${author.host}/@${author.username}/${_id}`;
  const content = more.content ?? "<p>Lovely crumb!</p>";
  const row: PostRow = {
    _id,
    uri,
    url,
    names: [uri, url],
    local: author.local,
    author: author._id,
    authorUri: author.uri,
    type: "Note",
    content,
    policy: 1,
    excerpt: excerpt(content),
    sensitive: false,
    visibility: "public",
    to: [],
    cc: [],
    mentions: [],
    hashtags: [],
    tagKeys: (more.hashtags ?? []).map(normaliseTag),
    attachments: [],
    publishedAt,
    createdAt: publishedAt,
    federated: false,
    likesCount: 0,
    boostsCount: 0,
    repliesCount: 0,
    conversation: parent?.conversation ?? parent?._id ?? _id,
    ...(parent === undefined
      ? {}
      : { inReplyTo: parent.uri, inReplyToId: parent._id, inReplyToAuthor: parent.author }),
    ...fields,
  };
  await insertRow(site.models.posts, row);
  return row;
}

/** A boost of `post` by `author`, as a row of its own. */
export async function storeBoost(
  site: Site,
  author: ActorRow,
  post: PostRow,
  more: Partial<PostRow> = {},
): Promise<PostRow> {
  return storePost(site, author, {
    type: "Announce",
    boostOf: post._id,
    content: "",
    url: post.url,
    ...more,
  });
}

/** Puts posts into somebody's home timeline. */
export async function placeAtHome(site: Site, owner: ActorRow, posts: readonly PostRow[]): Promise<void> {
  for (const post of posts) {
    await insertRow(site.models.timelines, {
      _id: `home:${owner._id}:${post._id}`,
      owner: `home:${owner._id}`,
      post: post._id,
      author: post.author,
      original: post.boostOf ?? post._id,
    });
  }
}

/** `follower` follows `followed`. */
export async function storeFollow(
  site: Site,
  follower: ActorRow,
  followed: ActorRow,
  state: "pending" | "accepted" = "accepted",
): Promise<number> {
  const _id = snowflake(new Date(Date.now() + (minutes += 1) * 60_000));
  await insertRow(site.models.follows, {
    _id,
    follower: follower._id,
    followed: followed._id,
    state,
    uri: `${follower.uri}/follows/${_id}`,
    followerUri: follower.uri,
    followedUri: followed.uri,
    deliverTo: follower.inbox,
    deliverHost: follower.host,
    createdAt: site.clock.now(),
  });
  return _id;
}

export async function storeNotification(
  site: Site,
  owner: ActorRow,
  from: ActorRow,
  type: NotificationRow["type"],
  more: Partial<NotificationRow> = {},
): Promise<NotificationRow> {
  const createdAt = new Date(Date.now() - 86_400_000 + (minutes += 1) * 60_000);
  const _id = snowflake(createdAt);
  const row: NotificationRow = {
    _id,
    owner: owner._id,
    type,
    from: from._id,
    group: `ungrouped-${_id}`,
    key: `${owner._id}|${type}|${from._id}|${more.post ?? ""}|${_id}`,
    createdAt,
    ...more,
  };
  await insertRow(site.models.notifications, row);
  return row;
}
