import { insertRow } from "../../src/database/native.ts";
import type { ActorRow } from "../../src/database/rows.ts";
import type { ReadPost } from "../../src/documents/read-post.ts";
import type { Site } from "../../src/site.ts";
import { snowflake } from "../../src/support/ids.ts";

let lastMillisecond = 0;

/**
 * Stores an actor of another server as if it had been looked up, without any network; its id is higher than those of all
 * before, which within one millisecond would be left to chance.
 */
export async function storePerson(
  site: Site,
  username: string,
  more: Partial<ActorRow> = {},
): Promise<ActorRow> {
  const host = more.host ?? "remote.example";
  const uri = more.uri ?? `https://${host}/users/${username}`;
  lastMillisecond = Math.max(Date.now(), lastMillisecond + 1);
  const row: ActorRow = {
    _id: snowflake(new Date(lastMillisecond)),
    uri,
    local: false,
    type: "Person",
    username,
    host,
    handle: `${username.toLowerCase()}@${host}`,
    name: username[0]?.toUpperCase() + username.slice(1),
    summary: "",
    url: `https://${host}/@${username}`,
    fields: [],
    alsoKnownAs: [],
    discoverable: true,
    indexable: true,
    manuallyApprovesFollowers: false,
    inbox: `${uri}/inbox`,
    sharedInbox: `https://${host}/inbox`,
    createdAt: site.clock.now(),
    fetchedAt: site.clock.now(),
    followersCount: 0,
    followingCount: 0,
    postsCount: 0,
    ...more,
  };
  await insertRow(site.models.actors, row);
  return row;
}

let counter = 0;

/** A Note of `author` as documents/ reads it. */
export function noteBy(author: ActorRow, more: Partial<ReadPost> = {}): ReadPost {
  counter += 1;
  return {
    uri: `https://${author.host}/notes/${counter}`,
    type: "Note",
    authorUri: author.uri,
    url: `https://${author.host}/@${author.username}/${counter}`,
    content: "<p>Lovely crumb!</p>",
    mediaType: "text/html",
    sensitive: false,
    visibility: "public",
    to: ["https://www.w3.org/ns/activitystreams#Public"],
    cc: [],
    mentions: [],
    hashtags: [],
    attachments: [],
    published: new Date("2026-02-28T10:00:00Z"),
    ...more,
  };
}
