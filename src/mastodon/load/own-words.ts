import { readRows } from "../../database/native.ts";
import type { ActorRow, PostRow } from "../../database/rows.ts";
import { isUnderDomain, type Ties } from "../../domain/shadows.ts";
import type { Site } from "../../site.ts";
import type { StatusViewer } from "../entities/status.ts";
import { FilterMatcher, type FilterContext } from "./filter-match.ts";
import type { Standing } from "./standing.ts";

/** What a viewer has to do with a number of posts. */
export interface OwnWords {
  of(post: PostRow, boost?: PostRow): StatusViewer;
  /** Muted, or of a domain that is blocked and not followed. */
  isUnwanted(author: Pick<ActorRow, "_id" | "host">): boolean;
}

/** Reads it. Two queries, however many posts. @param ties of the account to all authors of the posts. */
export async function ownWords(
  site: Site,
  account: ActorRow,
  posts: readonly PostRow[],
  ties: Promise<Ties>,
  standing: Promise<Standing>,
  filterContext?: FilterContext,
): Promise<OwnWords> {
  const me = account._id;
  const ids = posts.map((post) => post._id);
  const conversations = posts.map((post) => post.conversation ?? post._id);
  const polls = posts.filter((post) => post.poll !== undefined).map((post) => post._id);
  const [{ shadows, followed }, { filters }, interactions, votes] = await Promise.all([
    ties,
    standing,
    readRows(
      site.models.interactions,
      {
        actor: me,
        kind: { $in: ["like", "boost", "bookmark", "mute"] },
        post: { $in: [...new Set([...ids, ...conversations])] },
      },
      { projection: { kind: 1, post: 1 } },
    ),
    polls.length === 0
      ? []
      : readRows(
          site.models.votes,
          { post: { $in: polls }, actor: me },
          { projection: { post: 1, choice: 1 } },
        ),
  ]);
  const done = new Set(interactions.map((row) => `${row.kind} ${row.post}`));
  const matcher = new FilterMatcher(filters, site.clock.now(), filterContext);
  return {
    of: (post, boost) => ({
      account,
      favourited: done.has(`like ${post._id}`),
      reblogged: done.has(`boost ${post._id}`),
      bookmarked: done.has(`bookmark ${post._id}`),
      muted: done.has(`mute ${post.conversation ?? post._id}`),
      choices: votes.filter((row) => row.post === post._id).map((row) => row.choice),
      // Nobody filters what they wrote themselves.
      filtered: post.author === me ? [] : matcher.match(post, boost ? [post._id, boost._id] : [post._id]),
      follows: followed.has(post.author),
    }),
    isUnwanted: (author) => isUnwanted(author, shadows, followed),
  };
}

function isUnwanted(
  author: Pick<ActorRow, "_id" | "host">,
  shadows: Ties["shadows"],
  followed: ReadonlySet<number>,
): boolean {
  if (shadows.muted.has(author._id)) return true;
  return !followed.has(author._id) && isUnderDomain(author.host, shadows.domains);
}
