import type {
  ActorRow,
  FilterRow,
  FollowRow,
  InteractionRow,
  PostRow,
  VoteRow,
} from "../../database/rows.ts";
import { ONE_BATCH } from "../../domain/page.ts";
import { isUnderDomain, shadowsOf, type Shadows } from "../../domain/shadows.ts";
import type { Site } from "../../site.ts";
import type { StatusViewer } from "../entities/status.ts";
import { FilterMatcher, type FilterContext } from "./filter-match.ts";

/** What a viewer has to do with a number of posts. */
export interface OwnWords {
  of(post: PostRow, boost?: PostRow): StatusViewer;
  /** Muted, or of a domain that is blocked and not followed. */
  isUnwanted(author: Pick<ActorRow, "_id" | "host">): boolean;
}

/**
 * Reads it. Four queries, however many posts, and two more for what the viewer does not want to see.
 * @param options.shunned whether the last is asked for.
 */
export async function ownWords(
  site: Site,
  account: ActorRow,
  posts: readonly PostRow[],
  options: { filterContext?: FilterContext | undefined; shunned?: boolean | undefined },
): Promise<OwnWords> {
  const me = account._id;
  const ids = posts.map((post) => post._id);
  const conversations = posts.map((post) => post.conversation ?? post._id);
  const polls = posts.filter((post) => post.poll !== undefined).map((post) => post._id);
  const authors = [...new Set(posts.map((post) => post.author))];
  const [interactions, votes, follows, filters, shadows] = await Promise.all([
    site.models.interactions
      .find(
        {
          actor: me,
          kind: { $in: ["like", "boost", "bookmark", "mute"] },
          post: { $in: [...new Set([...ids, ...conversations])] },
        },
        { kind: 1, post: 1 },
      )
      .batchSize(ONE_BATCH)
      .lean<InteractionRow[]>(),
    polls.length === 0
      ? []
      : site.models.votes
          .find({ post: { $in: polls }, actor: me }, { post: 1, choice: 1 })
          .batchSize(ONE_BATCH)
          .lean<VoteRow[]>(),
    site.models.follows
      .find({ follower: me, state: "accepted", followed: { $in: authors } }, { followed: 1 })
      .batchSize(ONE_BATCH)
      .lean<FollowRow[]>(),
    site.models.filters.find({ owner: me }).batchSize(ONE_BATCH).lean<FilterRow[]>(),
    options.shunned === true ? shadowsOf(site, me, authors) : undefined,
  ]);
  const done = new Set(interactions.map((row) => `${row.kind} ${row.post}`));
  const followed = new Set(follows.map((row) => row.followed));
  const matcher = new FilterMatcher(filters, site.clock.now(), options.filterContext);
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
  shadows: Shadows | undefined,
  followed: ReadonlySet<number>,
): boolean {
  if (shadows === undefined) return false;
  if (shadows.muted.has(author._id)) return true;
  return !followed.has(author._id) && isUnderDomain(author.host, shadows.domains);
}
