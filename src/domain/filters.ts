import { insertRow } from "../database/native.ts";
import type { ActorRow, FilterRow, PostRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { InvalidInput, isDuplicateKey, NotFound } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { visibleTo } from "./may-see.ts";
import { publishEvent } from "./publish-event.ts";

export const FILTER_CONTEXTS = ["home", "notifications", "public", "thread", "account"] as const;
const ACTIONS = ["warn", "hide", "blur"] as const satisfies FilterRow["action"][];

const MOST_FILTERS = 100;
/** Over all filters of an account: each is looked for in every post of every list. */
export const MOST_KEYWORDS = 1000;
const MOST_STATUSES = 1000;
const TITLE_LENGTH = 256;
const KEYWORD_LENGTH = 512;

type Owner = Pick<ActorRow, "_id">;
type Keyword = FilterRow["keywords"][number];

/** A keyword to be added, changed (with its id) or taken away. */
export interface KeywordWish {
  id?: number;
  keyword?: string;
  wholeWord?: boolean;
  remove?: boolean;
}

/** What an owner says of a filter; what is left out stays, or is the default. */
export interface FilterWishes {
  title?: string;
  context?: readonly string[];
  /** Default `warn`. */
  action?: string;
  /** When it ends; null: never. */
  expiresAt?: Date | null;
  keywords?: readonly KeywordWish[];
}

/** All filters of an account, oldest first. */
export async function filtersOf(site: Site, owner: Owner): Promise<FilterRow[]> {
  return site.models.filters.find({ owner: owner._id }).sort({ _id: 1 }).lean<FilterRow[]>();
}

/**
 * A filter of the account: by its own id, or that of one of its keywords or statuses.
 * @throws {NotFound} for what is not the account's own.
 */
export async function findFilter(
  site: Site,
  owner: Owner,
  by: { id: number } | { keyword: number } | { status: number },
): Promise<FilterRow> {
  const filter =
    "id" in by
      ? { _id: by.id }
      : "keyword" in by
        ? { "keywords.id": by.keyword }
        : { "statuses.id": by.status };
  const row = await site.models.filters.findOne({ owner: owner._id, ...filter }).lean<FilterRow | null>();
  if (!row) throw new NotFound("Record not found");
  return row;
}

/** @throws {InvalidInput} naming what is wrong. */
export async function createFilter(site: Site, owner: Owner, wishes: FilterWishes): Promise<FilterRow> {
  const facts = check({ title: "", context: [], ...wishes });
  if ((await site.models.filters.countDocuments({ owner: owner._id })) >= MOST_FILTERS)
    throw refused(`No more than ${MOST_FILTERS} filters can be kept`);
  const keywords = applyKeywords(site, [], wishes.keywords ?? []);
  await mustFit(site, owner, keywords.length);
  const now = site.clock.now();
  const row: FilterRow = {
    _id: snowflake(now),
    owner: owner._id,
    title: "",
    context: [],
    action: "warn",
    ...facts,
    ...(wishes.expiresAt == null ? {} : { expiresAt: wishes.expiresAt }),
    keywords,
    statuses: [],
    createdAt: now,
  };
  try {
    await insertRow(site.models.filters, row);
  } catch (error) {
    if (isDuplicateKey(error)) return createFilter(site, owner, wishes);
    throw error;
  }
  tell(site, owner);
  return row;
}

/** @throws {InvalidInput} naming what is wrong; {NotFound} for a keyword that is not in it. Nothing is changed then. */
export async function changeFilter(site: Site, row: FilterRow, wishes: FilterWishes): Promise<FilterRow> {
  const facts = check(wishes);
  const keywords = applyKeywords(site, row.keywords, wishes.keywords ?? []);
  await mustFit(site, { _id: row.owner }, keywords.length - row.keywords.length);
  const { expiresAt } = wishes;
  const changed = await site.models.filters
    .findOneAndUpdate(
      // Lost when somebody else changed the keywords since they were read: apps send several at once.
      {
        _id: row._id,
        ...(wishes.keywords === undefined ? {} : { revision: row.revision ?? { $exists: false } }),
      },
      {
        $set: {
          ...facts,
          ...(expiresAt == null ? {} : { expiresAt }),
          ...(wishes.keywords === undefined ? {} : { keywords }),
        },
        ...(expiresAt === null ? { $unset: { expiresAt: 1 } } : {}),
        ...(wishes.keywords === undefined ? {} : { $inc: { revision: 1 } }),
      },
      { returnDocument: "after" },
    )
    .lean<FilterRow | null>();
  if (!changed)
    return changeFilter(site, await findFilter(site, { _id: row.owner }, { id: row._id }), wishes);
  tell(site, { _id: row.owner });
  return changed;
}

export async function removeFilter(site: Site, row: FilterRow): Promise<void> {
  await site.models.filters.deleteOne({ _id: row._id });
  tell(site, { _id: row.owner });
}

/** Adds a post to a filter. @throws {NotFound} for what the owner may not see; {InvalidInput} for one that is in it. */
export async function filterStatus(
  site: Site,
  owner: ActorRow,
  row: FilterRow,
  id: number,
): Promise<FilterRow["statuses"][number]> {
  const post = await site.models.posts.findById(id).lean<PostRow | null>();
  const [visible] = post === null ? [] : await visibleTo(site, [post], owner);
  if (!visible) throw new NotFound("Record not found");
  if (row.statuses.some((status) => status.status === id))
    throw refused("Validation failed: Status has already been taken");
  if (row.statuses.length >= MOST_STATUSES)
    throw refused(`No more than ${MOST_STATUSES} statuses can be in a filter`);
  const status = { id: snowflake(site.clock.now()), status: id };
  await site.models.filters.updateOne({ _id: row._id }, { $push: { statuses: status } });
  tell(site, owner);
  return status;
}

/** Takes a post out of a filter, by the id that it has there. */
export async function unfilterStatus(site: Site, row: FilterRow, id: number): Promise<void> {
  await site.models.filters.updateOne({ _id: row._id }, { $pull: { statuses: { id } } });
  tell(site, { _id: row.owner });
}

function applyKeywords(site: Site, before: readonly Keyword[], wishes: readonly KeywordWish[]): Keyword[] {
  const now = site.clock.now();
  const keywords = new Map(before.map((keyword) => [keyword.id, keyword]));
  for (const { id, keyword, wholeWord, remove } of wishes) {
    const known = id === undefined ? undefined : keywords.get(id);
    if (id !== undefined && known === undefined) throw new NotFound("Record not found");
    if (remove === true) {
      if (id !== undefined) keywords.delete(id);
      continue;
    }
    const key = id ?? freshId(now, keywords);
    keywords.set(key, {
      id: key,
      keyword: checkedKeyword(keyword ?? known?.keyword ?? ""),
      wholeWord: wholeWord ?? known?.wholeWord ?? true,
    });
  }
  return [...keywords.values()];
}

/** A thousand keywords of one millisecond do not fit the random part of a snowflake by chance. */
function freshId(now: Date, taken: ReadonlyMap<number, unknown>): number {
  let id = snowflake(now);
  while (taken.has(id)) id += 1;
  return id;
}

function checkedKeyword(text: string): string {
  const keyword = text.trim();
  if (keyword === "") throw refused("Validation failed: Keyword can't be blank");
  if ([...keyword].length > KEYWORD_LENGTH)
    throw refused(`Validation failed: Keyword is too long (maximum is ${KEYWORD_LENGTH} characters)`);
  return keyword;
}

async function mustFit(site: Site, owner: Owner, more: number): Promise<void> {
  if (more <= 0) return;
  const filters = await filtersOf(site, owner);
  const count = filters.reduce((sum, row) => sum + row.keywords.length, 0);
  if (count + more > MOST_KEYWORDS) throw refused(`No more than ${MOST_KEYWORDS} keywords can be filtered`);
}

function check(wishes: FilterWishes): Partial<Pick<FilterRow, "title" | "context" | "action">> {
  const title = wishes.title?.trim();
  if (title === "") throw refused("Validation failed: Title can't be blank");
  if (title !== undefined && [...title].length > TITLE_LENGTH)
    throw refused(`Validation failed: Title is too long (maximum is ${TITLE_LENGTH} characters)`);
  const { context } = wishes;
  if (context?.length === 0) throw refused("Validation failed: Context can't be blank");
  if (context?.some((name) => !FILTER_CONTEXTS.some((known) => known === name)) === true)
    throw refused("Validation failed: Context None or invalid context supplied");
  const action = ACTIONS.find((known) => known === wishes.action);
  if (wishes.action !== undefined && action === undefined)
    throw refused("Validation failed: Action is not included in the list");
  return {
    ...(title === undefined ? {} : { title }),
    ...(context === undefined ? {} : { context: [...new Set(context)] }),
    ...(action === undefined ? {} : { action }),
  };
}

/** Apps that are open read their filters again. */
function tell(site: Site, owner: Owner): void {
  publishEvent(site, { channels: [`user:${owner._id}`], event: "filters_changed" });
}

function refused(text: string): InvalidInput {
  return new InvalidInput(text, "filter-refused");
}
