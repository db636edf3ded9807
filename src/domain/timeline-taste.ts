import type { ActorRow, FollowRow, ListRow, PostRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { membersAmong } from "./list-members.ts";
import { isUnderDomain, tiesTo, type Ties } from "./shadows.ts";

/** What may come to stand in a timeline. */
export interface Entry {
  /** The post, or the boost of one. */
  post: PostRow;
  /** What is shown: the post itself, or what is boosted. */
  original: PostRow;
  /** Who wrote that. */
  author: ActorRow | null;
}

/** Which posts of one author an account wants to see. Holds for the entries that it was read for. */
export class Taste {
  readonly #reader: number;
  readonly #follow: FollowRow | undefined;
  readonly #ties: Ties;

  private constructor(reader: number, follow: FollowRow | undefined, ties: Ties) {
    this.#reader = reader;
    this.#follow = follow;
    this.#ties = ties;
  }

  /** At most three queries, however many entries. @param follow the reader's, of who posts or boosts. */
  static async of(
    site: Site,
    reader: number,
    follow: FollowRow | undefined,
    entries: readonly Entry[],
  ): Promise<Taste> {
    const authors = entries.flatMap(({ post, original }) => [post.author, original.author]);
    const followed = entries.flatMap(({ original }) => original.inReplyToAuthor ?? []);
    return new Taste(reader, follow, await tiesTo(site, reader, authors, { followed }));
  }

  /** May it stand in a timeline of theirs at all? */
  welcomes({ post, original, author }: Entry): boolean {
    if (post.author === this.#reader) return true;
    const { blocked, muted, domains } = this.#ties.shadows;
    if ([post.author, original.author].some((id) => blocked.has(id) || muted.has(id))) return false;
    if (author && !this.#follow && isUnderDomain(author.host, domains)) return false;
    if (post.boostOf !== undefined && this.#follow?.showBoosts === false) return false;
    const { languages } = this.#follow ?? {};
    return (
      languages === undefined ||
      languages.length === 0 ||
      original.language === undefined ||
      languages.includes(original.language.split("-")[0] ?? "")
    );
  }

  /** Mastodon's rule: an answer is shown at home if the reader follows the one who is answered too, or is that one. */
  isAnswerToStrangers({ original }: Entry): boolean {
    if (original.inReplyTo === undefined || original.author === this.#reader) return false;
    const answered = original.inReplyToAuthor;
    if (answered === undefined) return true;
    return answered !== this.#reader && answered !== original.author && !this.#ties.followed.has(answered);
  }

  /** Those that a list shows, by its policy about answers. At most one query. */
  async forList(site: Site, list: ListRow, entries: readonly Entry[]): Promise<Entry[]> {
    const answered = entries.flatMap(({ original }) => original.inReplyToAuthor ?? []);
    const heard =
      list.repliesPolicy === "followed"
        ? this.#ties.followed
        : list.repliesPolicy === "list"
          ? await membersAmong(site, list, answered)
          : new Set<number>();
    return entries.filter(({ original: { inReplyTo, inReplyToAuthor, author } }) => {
      if (inReplyTo === undefined || inReplyToAuthor === author) return true;
      if (list.repliesPolicy === "none" || inReplyToAuthor === undefined) return false;
      return inReplyToAuthor === list.owner || heard.has(inReplyToAuthor);
    });
  }
}
