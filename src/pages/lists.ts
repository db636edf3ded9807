import type { ActorRow, PostRow } from "../database/rows.ts";
import { postsOf, postsTagged } from "../domain/find-post.ts";
import type { Site } from "../site.ts";
import { pageRequest, type PageRequest } from "../support/cursors.ts";
import { LIMITS } from "../support/limits.ts";
import { normaliseTag } from "../text/hashtags.ts";
import { postView, type PostView } from "./post-views.ts";

/** One page of a list of posts, newest first. */
export interface PostPage {
  posts: { row: PostRow; author: ActorRow; view: PostView }[];
  /** Ids for `?before=` (older) and `?after=` (newer); absent at the ends of the list. */
  older?: number;
  newer?: number;
  /** Whether this is the list's beginning. */
  first: boolean;
}

/** A page of what an account wrote, by the cursors in `query`. */
export async function accountPage(
  site: Site,
  account: ActorRow,
  query: Record<string, unknown>,
): Promise<PostPage> {
  return onePage(site, query, (page) => postsOf(site, account, page));
}

/** A page of our public posts with a tag. */
export async function tagPage(site: Site, tag: string, query: Record<string, unknown>): Promise<PostPage> {
  return onePage(site, query, (page) => postsTagged(site, normaliseTag(tag), page));
}

async function onePage(
  site: Site,
  query: Record<string, unknown>,
  read: (page: PageRequest) => Promise<PostRow[]>,
): Promise<PostPage> {
  const { before, after } = pageRequest(query, LIMITS.pageItems);
  const page: PageRequest = {
    limit: LIMITS.pageItems + 1,
    ...(before !== undefined ? { before } : after !== undefined ? { after } : {}),
  };
  const rows = await read(page);
  // One row more than shown tells whether the list goes on; towards the newer, the further one comes first.
  const goesOn = rows.length > LIMITS.pageItems;
  const shown = page.after === undefined ? rows.slice(0, LIMITS.pageItems) : rows.slice(-LIMITS.pageItems);
  const authors = await authorsOf(site, shown);
  const newest = shown[0]?._id;
  const oldest = shown.at(-1)?._id;
  const hasOlder = page.after === undefined ? goesOn : true;
  const hasNewer = page.after === undefined ? page.before !== undefined : goesOn;
  return {
    posts: shown.flatMap((row) => {
      const author = authors.get(row.author);
      return author === undefined ? [] : [{ row, author, view: postView(site, row, author) }];
    }),
    ...(hasOlder && oldest !== undefined ? { older: oldest } : {}),
    ...(hasNewer && newest !== undefined ? { newer: newest } : {}),
    first: page.before === undefined && page.after === undefined,
  };
}

async function authorsOf(site: Site, posts: readonly PostRow[]): Promise<Map<number, ActorRow>> {
  const ids = [...new Set(posts.map((post) => post.author))];
  const rows = await site.models.actors.find({ _id: { $in: ids } }).lean<ActorRow[]>();
  return new Map(rows.map((row) => [row._id, row]));
}

/** The links to the neighbouring pages, or `undefined` where there is only one. */
export function pagerOf(path: string, page: PostPage): { newer?: string; older?: string } | undefined {
  if (page.older === undefined && page.newer === undefined) return undefined;
  return {
    ...(page.newer === undefined ? {} : { newer: `${path}?after=${page.newer}` }),
    ...(page.older === undefined ? {} : { older: `${path}?before=${page.older}` }),
  };
}
