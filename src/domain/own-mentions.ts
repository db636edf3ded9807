import { readRows } from "../database/native.ts";
import type { ActorRow, PostRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { renderOwn } from "./render.ts";

/** People whom a post of ours may address; a longer list is a mistake or worse. */
export const MOST_MENTIONS = 50;

/**
 * A new text of ours with those it mentions, as far as they are known here: apps show the answer at once, and expect the
 * mentions in it. One query, and none for a text without mentions. The network is not asked: whoever is not known yet is
 * looked up when the post goes out (outgoing.ts), and stays text until then.
 * @param page what relative addresses in the text stand on.
 */
export async function withKnownPeople(
  site: Site,
  post: Pick<PostRow, "mentions" | "content" | "excerpt"> & Pick<Partial<PostRow>, "source">,
  page: string,
): Promise<Pick<PostRow, "mentions" | "content" | "excerpt">> {
  const { mentions, content, excerpt } = post;
  const handles = mentions.slice(0, MOST_MENTIONS).map(({ handle }) => handle.toLowerCase());
  if (handles.length === 0 || post.source === undefined) return { mentions, content, excerpt };
  const known = await readRows<ActorRow>(
    site.models.actors,
    { handle: { $in: handles }, goneAt: { $exists: false } },
    { projection: { handle: 1, uri: 1, url: 1 }, sort: { _id: 1 } },
  );
  if (known.length === 0) return { mentions, content, excerpt };
  const byHandle = new Map(known.map((actor) => [actor.handle, actor]));
  const people = mentions.map((mention) => {
    const actor = byHandle.get(mention.handle.toLowerCase());
    return actor === undefined ? mention : { handle: mention.handle, uri: actor.uri, url: actor.url };
  });
  const linked = renderOwn(site, post.source, page, people);
  return { mentions: people, content: linked.content, excerpt: linked.excerpt };
}
