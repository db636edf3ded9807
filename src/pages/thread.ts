import type { PostRow } from "../database/rows.ts";
import { reactionsOf, type Reactions } from "../domain/interactions.ts";
import { commentsOf, type Comment, type CommentPage } from "../domain/thread.ts";
import type { Site } from "../site.ts";
import { face, webUrl, type PersonView } from "./people.ts";
import { shownText } from "./own-text.ts";
import { covering, interactUrl, mediaView, type MediaView } from "./post-views.ts";

/** A comment as our views show it. */
export interface CommentView {
  id: string;
  url: string;
  author: PersonView;
  /** Clean HTML, fit for three braces. */
  html: string;
  published: Date;
  updated?: Date;
  local: boolean;
  warning?: string;
  likes: number;
  boosts: number;
  attachments: MediaView[];
  replyUrl: string;
  replies: CommentView[];
}

/** What the view `partials/comments.hbs` shows. */
export interface ThreadView {
  total: number;
  comments: CommentView[];
  replyUrl?: string;
  moreUrl?: string;
  likes?: number;
  boosts?: number;
}

/** Comments on one page. */
export const COMMENTS_PER_PAGE = 50;

/**
 * Answers are set in under what they answer this many times; deeper ones follow each other. A phone has no room for
 * more, and a chain of a thousand answers must not become a thousand nested lists.
 */
const LEVELS = 4;

/** Thread and faces of one of our posts' pages; `query.comments` is the cursor of the thread. */
export async function postConversation(
  site: Site,
  post: PostRow,
  query: Record<string, unknown>,
  page: string,
): Promise<{ thread: ThreadView; reactions: ReactionsView | undefined }> {
  const [comments, reactions] = await Promise.all([
    commentsOf(site, post.uri, { limit: COMMENTS_PER_PAGE, ...cursor(query["comments"]) }),
    reactionsOf(site, post.uri),
  ]);
  return {
    // A comment of ours has a page, too; beneath it stand only the answers to it.
    thread: threadView(
      site,
      post.thread === undefined ? comments : { ...comments, total: sizeOf(comments) },
      {
        origin: "",
        more: (next) => `${page}?comments=${next}#comments`,
      },
    ),
    reactions: reactionsView(reactions),
  };
}

function sizeOf(page: CommentPage): number {
  let size = 0;
  const open = [...page.comments];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    size += 1;
    open.push(...at.replies);
  }
  return size;
}

/** The cursor of a thread's page, where a query holds one. */
export function cursor(value: unknown): { after?: string } {
  return typeof value === "string" && /^[0-9]{1,16}$/.test(value) ? { after: value } : {};
}

/** @param place.origin put before our own addresses, where the thread stands in a page of another site. */
export function threadView(
  site: Site,
  page: CommentPage,
  place: { origin: string; more: (next: string) => string },
): ThreadView {
  return {
    total: page.total,
    comments: shallow(page.comments, (comment) => commentView(site, comment, place.origin)),
    ...(page.post === null ? {} : { replyUrl: interactUrl(place.origin, page.post.uri, "reply") }),
    ...(page.next === undefined ? {} : { moreUrl: place.more(page.next) }),
  };
}

function commentView(site: Site, comment: Comment, origin: string): CommentView {
  return {
    id: comment.id,
    url: webUrl(comment.url) ?? "#",
    author: face(comment.author),
    html: comment.local ? shownText(site, comment.html) : comment.html,
    published: comment.published,
    ...(comment.updated === undefined ? {} : { updated: comment.updated }),
    local: comment.local,
    ...(comment.warning === undefined ? {} : covering(false, comment.warning)),
    likes: comment.likes,
    boosts: comment.boosts,
    attachments: comment.attachments.map((media) => mediaView(site, media, comment.sensitive)),
    replyUrl: interactUrl(origin, comment.uri, "reply"),
    replies: [],
  };
}

/** Walks without recursion: how deep a thread is, strangers decide. */
function shallow(comments: readonly Comment[], show: (comment: Comment) => CommentView): CommentView[] {
  const top: CommentView[] = [];
  const open = comments.map((comment) => ({ comment, list: top, level: 1 })).reverse();
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const { comment, list, level } = at;
    const view = show(comment);
    list.push(view);
    const below = level < LEVELS ? { list: view.replies, level: level + 1 } : { list, level };
    for (const reply of [...comment.replies].reverse()) open.push({ comment: reply, ...below });
  }
  return top;
}

interface ReactionsView {
  likers: PersonView[];
  boosters: PersonView[];
  likesHeading: string;
  boostsHeading: string;
  moreLikers: number;
  moreBoosters: number;
}

function reactionsView(reactions: Reactions): ReactionsView | undefined {
  if (reactions.likers.length + reactions.boosters.length === 0) return undefined;
  return {
    likers: reactions.likers.map(face),
    boosters: reactions.boosters.map(face),
    likesHeading: "Liked by",
    boostsHeading: "Boosted by",
    moreLikers: Math.max(0, reactions.likes - reactions.likers.length),
    moreBoosters: Math.max(0, reactions.boosts - reactions.boosters.length),
  };
}
