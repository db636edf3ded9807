import { readRows } from "../../database/native.ts";
import type { ActorRow, MentionRow, PostRow } from "../../database/rows.ts";
import { visibleTo } from "../../domain/may-see.ts";
import { tiesTo } from "../../domain/shadows.ts";
import type { Site } from "../../site.ts";
import type { AccountEntity } from "../entities/account.ts";
import { mentionEntity, type MentionEntity } from "../entities/mention.ts";
import { quoteEntity, shallowQuoteEntity, type QuoteEntity } from "../entities/quote.ts";
import { boostEntity, statusEntity, type StatusEntity, type StatusViewer } from "../entities/status.ts";
import { sourceText } from "../entities/status-source.ts";
import type { Surroundings } from "../entities/surroundings.ts";
import { loadAccounts } from "./accounts.ts";
import type { FilterContext } from "./filter-match.ts";
import { ownWords, type OwnWords } from "./own-words.ts";
import { standingOf, type Standing } from "./standing.ts";
import { surroundingsOf } from "./surroundings.ts";
import type { LoadViewer } from "./viewer.ts";

export interface LoadOptions {
  /** Only filters for this place. Left out, as upstream does: all, and the app decides where each applies. */
  filterContext?: FilterContext;
  /** Leaves out people the viewer mutes and domains the viewer blocks: for lists that strangers fill. */
  shunned?: boolean;
  /** Posts that the list boosts or quotes, as far as the caller has them. */
  nearby?: readonly PostRow[];
  /** Of the viewer, where the caller has read it along with the list: one round trip less to wait for. */
  standing?: Standing;
}

/** People named in a status that are looked up; a longer list is somebody's mistake or worse. */
const MENTIONS = 50;

/**
 * Posts as statuses, in the same order, without those that the viewer may not see. A fixed number of queries however long
 * the list: what they boost and quote, authors, people mentioned, and what the viewer has to do with all of them.
 */
export async function loadStatuses(
  site: Site,
  viewer: LoadViewer,
  rows: readonly PostRow[],
  options: LoadOptions = {},
): Promise<StatusEntity[]> {
  if (rows.length === 0) return [];
  const nearby = await nearbyPosts(site, rows, options.nearby);
  const all = [...new Map([...rows, ...nearby.values()].map((post) => [post._id, post])).values()];
  const authors = [...new Set(all.map((post) => post.author))];
  const { account } = viewer;
  const standing =
    options.standing === undefined ? standingOf(site, viewer) : Promise.resolve(options.standing);
  const domainsRead = standing.then(({ domains }) => domains);
  const ties = account === undefined ? undefined : tiesTo(site, account._id, authors, { domainsRead });
  const [around, own, visible, people] = await Promise.all([
    surroundingsOf(site),
    account === undefined || ties === undefined
      ? undefined
      : ownWords(site, account, all, ties, standing, options.filterContext),
    visibleTo(site, all, account, nearby, ties),
    loadPeople(site, viewer, all),
  ]);
  const composer = new Composer(around, nearby, new Set(visible.map((post) => post._id)), people, own);
  return rows.flatMap((row) => {
    const status = composer.status(row, options.shunned === true);
    return status === undefined ? [] : [status];
  });
}

/** One post as a status; `undefined` where the viewer may not see it. */
export async function loadStatus(
  site: Site,
  viewer: LoadViewer,
  row: PostRow,
  options: LoadOptions = {},
): Promise<StatusEntity | undefined> {
  return (await loadStatuses(site, viewer, [row], options))[0];
}

/**
 * What an app gets for a status it has deleted: the source beside the text, to be written anew. Upstream leaves the text
 * out, but its published schema, which strict apps are made from, demands it.
 */
export function asDraft(status: StatusEntity, row: PostRow): StatusEntity {
  return { ...status, text: sourceText(row) };
}

/** What the posts boost and quote, and what the boosted ones quote. Two queries at most. */
async function nearbyPosts(
  site: Site,
  rows: readonly PostRow[],
  given: readonly PostRow[] = [],
): Promise<Map<number, PostRow>> {
  const atHand = new Map([...given, ...rows].map((post) => [post._id, post]));
  const found = new Map<number, PostRow>();
  const find = async (ids: readonly (number | undefined)[]): Promise<void> => {
    const wanted = [...new Set(ids)].filter((id) => id !== undefined);
    const missing = wanted.filter((id) => !atHand.has(id));
    if (missing.length > 0) {
      for (const post of await readRows(site.models.posts, { _id: { $in: missing } }))
        atHand.set(post._id, post);
    }
    for (const id of wanted) {
      const post = atHand.get(id);
      if (post !== undefined) found.set(id, post);
    }
  };
  await find(rows.flatMap((row) => [row.boostOf, row.quote?.id]));
  await find([...found.values()].map((post) => post.quote?.id));
  return found;
}

interface People {
  accounts: ReadonlyMap<number, AccountEntity>;
  rows: ReadonlyMap<number, ActorRow>;
  byUri: ReadonlyMap<string, ActorRow>;
}

async function loadPeople(site: Site, viewer: LoadViewer, posts: readonly PostRow[]): Promise<People> {
  const authors = [...new Set(posts.map((post) => post.author))];
  const uris = [...new Set(posts.flatMap((post) => mentionedIn(post).map((mention) => mention.uri)))];
  const [rows, mentioned] = await Promise.all([
    readRows(site.models.actors, { _id: { $in: authors } }),
    uris.length === 0
      ? []
      : readRows(
          site.models.actors,
          { uri: { $in: uris } },
          { projection: { uri: 1, url: 1, username: 1, host: 1, local: 1 } },
        ),
  ]);
  const accounts = await loadAccounts(site, viewer, rows);
  return {
    accounts: new Map(accounts.map((account) => [Number(account.id), account])),
    rows: new Map(rows.map((row) => [row._id, row])),
    byUri: new Map(mentioned.map((row) => [row.uri, row])),
  };
}

function mentionedIn(post: PostRow): (MentionRow & { uri: string })[] {
  return post.mentions
    .filter((mention): mention is MentionRow & { uri: string } => mention.uri !== undefined)
    .slice(0, MENTIONS);
}

/** Puts statuses together from what has been read. */
class Composer {
  readonly #around: Surroundings;
  readonly #nearby: ReadonlyMap<number, PostRow>;
  readonly #visible: ReadonlySet<number>;
  readonly #people: People;
  readonly #own: OwnWords | undefined;

  constructor(
    around: Surroundings,
    nearby: ReadonlyMap<number, PostRow>,
    visible: ReadonlySet<number>,
    people: People,
    own: OwnWords | undefined,
  ) {
    this.#around = around;
    this.#nearby = nearby;
    this.#visible = visible;
    this.#people = people;
    this.#own = own;
  }

  /** `undefined` for what the viewer may not see, does not want to, or what has lost its author. */
  status(row: PostRow, shunned: boolean): StatusEntity | undefined {
    const account = this.#people.accounts.get(row.author);
    if (!this.#visible.has(row._id) || account === undefined) return undefined;
    if (shunned && this.#isShunned(row)) return undefined;
    if (row.boostOf === undefined) return this.#plain(row, account, this.#quoteIn(row));

    const original = this.#nearby.get(row.boostOf);
    const author = original && this.#people.accounts.get(original.author);
    if (original === undefined || author === undefined || !this.#visible.has(original._id)) return undefined;
    if (shunned && this.#isShunned(original)) return undefined;
    const viewer = this.#own?.of(original, row);
    const boosted = this.#plain(original, author, this.#quoteIn(original), viewer);
    return boostEntity(row, account, boosted);
  }

  #plain(
    row: PostRow,
    account: AccountEntity,
    quote: QuoteEntity | null,
    viewer: StatusViewer | undefined = this.#own?.of(row),
  ): StatusEntity {
    return statusEntity(row, { account, mentions: this.#mentions(row), quote, viewer }, this.#around);
  }

  #quoteIn(row: PostRow): QuoteEntity | null {
    if (row.quote === undefined) return null;
    const quoted = row.quote.id === undefined ? undefined : this.#nearby.get(row.quote.id);
    const author = quoted && this.#people.accounts.get(quoted.author);
    const isShown = quoted !== undefined && author !== undefined && this.#visible.has(quoted._id);
    const status = isShown
      ? this.#plain(quoted, author, quoted.quote === undefined ? null : shallowQuoteEntity(quoted.quote))
      : undefined;
    return quoteEntity(row.quote, quoted, status);
  }

  #mentions(row: PostRow): MentionEntity[] {
    const people = mentionedIn(row).map((mention) => this.#people.byUri.get(mention.uri));
    return [...new Set(people)].filter((person) => person !== undefined).map(mentionEntity);
  }

  #isShunned(row: PostRow): boolean {
    const author = this.#people.rows.get(row.author);
    return author !== undefined && this.#own?.isUnwanted(author) === true;
  }
}
