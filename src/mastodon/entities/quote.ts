import type { ActorRow, PostRow, QuoteRow } from "../../database/rows.ts";
import type { StatusEntity } from "./status.ts";

export type QuoteState = QuoteRow["state"] | "unauthorized" | "blocked_account";

export type QuoteEntity =
  | { state: QuoteState; quoted_status: StatusEntity | null }
  | { state: QuoteState; quoted_status_id: string | null };

/**
 * The quoted status, while its author consents and the viewer may see it.
 * @param quoted the post, if it is here.
 * @param shown its status; `undefined` where the viewer may not see it.
 */
export function quoteEntity(
  quote: QuoteRow,
  quoted: PostRow | undefined,
  shown: StatusEntity | undefined,
): QuoteEntity {
  const state = stateOf(quote, quoted, shown !== undefined);
  return { state, quoted_status: state === "accepted" ? (shown ?? null) : null };
}

/** A quote within a quoted status: only its id, so that quotes of quotes end somewhere. */
export function shallowQuoteEntity(quote: QuoteRow): QuoteEntity {
  const isShown = quote.state === "accepted" && quote.id !== undefined;
  return { state: quote.state, quoted_status_id: isShown ? String(quote.id) : null };
}

function stateOf(quote: QuoteRow, quoted: PostRow | undefined, isVisible: boolean): QuoteState {
  if (quote.state !== "accepted") return quote.state;
  if (quoted === undefined) return "pending";
  if (quoted.deletedAt !== undefined) return "deleted";
  return isVisible ? "accepted" : "unauthorized";
}

export interface QuoteApprovalEntity {
  automatic: ("public" | "followers")[];
  manual: [];
  current_user: "automatic" | "denied" | "unknown";
}

/** Who may quote a post. Of another server's post without a word about it nothing is promised. */
export function quoteApprovalEntity(
  post: Pick<PostRow, "author" | "local" | "quotePolicy" | "visibility">,
  viewer?: { account: Pick<ActorRow, "_id">; follows: boolean },
): QuoteApprovalEntity {
  const isOpen = post.visibility === "public" || post.visibility === "unlisted";
  const policy = isOpen ? (post.quotePolicy ?? (post.local ? "public" : undefined)) : "nobody";
  const automatic = policy === "public" || policy === "followers" ? [policy] : [];
  const may =
    viewer?.account._id === post.author
      ? post.visibility !== "direct"
      : policy === "public" || (policy === "followers" && viewer?.follows === true);
  const word = may ? "automatic" : policy === undefined ? "unknown" : "denied";
  return { automatic, manual: [], current_user: viewer === undefined ? "denied" : word };
}
