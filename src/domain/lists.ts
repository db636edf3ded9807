import { insertRow } from "../database/native.ts";
import type { ActorRow, ListMemberRow, ListRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import type { StatusPage } from "../support/cursors.ts";
import { InvalidInput, isDuplicateKey, NotFound } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { people, type PeoplePage } from "./follow-lists.ts";
import { mergeIntoList } from "./fill-timelines.ts";
import { leaveList } from "./timelines.ts";
import { sortedPage } from "./page.ts";

/** Lists of one account; upstream's number. */
export const MOST_LISTS = 50;
const TITLE_LENGTH = 255;
/** Members that are given in one answer where an app asks for all. */
const MOST_MEMBERS = 10_000;

export const REPLIES_POLICIES = ["followed", "list", "none"] as const satisfies ListRow["repliesPolicy"][];

/** What an owner says of a list; what is left out stays, or is the default. */
export interface ListWishes {
  title?: string;
  /** Whose answers are shown. Default `list`. */
  repliesPolicy?: string;
  /** What is in it is kept out of the home timeline. */
  exclusive?: boolean;
}

/** All lists of an account, oldest first. */
export async function listsOf(site: Site, owner: Pick<ActorRow, "_id">): Promise<ListRow[]> {
  return site.models.lists.find({ owner: owner._id }).sort({ _id: 1 }).lean<ListRow[]>();
}

/** @throws {NotFound} for what is not the account's own. */
export async function listById(site: Site, owner: Pick<ActorRow, "_id">, id: number): Promise<ListRow> {
  const list = await site.models.lists.findOne({ _id: id, owner: owner._id }).lean<ListRow | null>();
  if (!list) throw new NotFound("Record not found");
  return list;
}

/** @throws {InvalidInput} for a title or policy that cannot be, or one list too many. */
export async function createList(
  site: Site,
  owner: Pick<ActorRow, "_id">,
  wishes: ListWishes,
): Promise<ListRow> {
  const checked = check({ title: "", ...wishes });
  if ((await site.models.lists.countDocuments({ owner: owner._id })) >= MOST_LISTS)
    throw refused("You have reached the maximum number of lists");
  const now = site.clock.now();
  const row: ListRow = {
    _id: snowflake(now),
    owner: owner._id,
    title: "",
    repliesPolicy: "list",
    exclusive: false,
    createdAt: now,
    ...checked,
  };
  try {
    await insertRow(site.models.lists, row);
    return row;
  } catch (error) {
    if (isDuplicateKey(error)) return createList(site, owner, wishes);
    throw error;
  }
}

/** Changes a list. With another policy about answers it is filled anew. */
export async function changeList(site: Site, list: ListRow, wishes: ListWishes): Promise<ListRow> {
  const changed: ListRow = { ...list, ...check(wishes) };
  const { title, repliesPolicy, exclusive } = changed;
  await site.models.lists.updateOne({ _id: list._id }, { $set: { title, repliesPolicy, exclusive } });
  if (repliesPolicy !== list.repliesPolicy) await refill(site, changed);
  return changed;
}

async function refill(site: Site, list: ListRow): Promise<void> {
  await leaveList(site, list);
  const members = await site.models.listMembers
    .find({ list: list._id }, { account: 1 })
    .lean<Pick<ListMemberRow, "_id" | "account">[]>();
  for (const member of members) await mergeIntoList(site, list, { _id: member.account });
}

export async function removeList(site: Site, list: ListRow): Promise<void> {
  await site.models.lists.deleteOne({ _id: list._id });
  await site.models.listMembers.deleteMany({ list: list._id });
  await leaveList(site, list);
}

/** Members, the last first. @param page left out: all. Two queries. */
export async function membersOf(
  site: Site,
  list: Pick<ListRow, "_id">,
  page: StatusPage = { limit: MOST_MEMBERS },
): Promise<PeoplePage> {
  const rows = await sortedPage(site.models.listMembers, { list: list._id }, page);
  return people(site, rows, (row) => row.account);
}

/**
 * Puts people into a list, all or none.
 * @throws {NotFound} for somebody whom the owner does not follow, nor has asked to.
 * @throws {InvalidInput} for somebody who is in it.
 */
export async function addMembers(site: Site, list: ListRow, ids: readonly number[]): Promise<void> {
  const others = ids.filter((id) => id !== list.owner);
  const [followed, present] = await Promise.all([
    site.models.follows.countDocuments({ follower: list.owner, followed: { $in: others } }),
    site.models.listMembers.exists({ list: list._id, account: { $in: ids } }),
  ]);
  if (followed < others.length) throw new NotFound("Record not found");
  if (present !== null) throw refused("Validation failed: Account has already been taken");
  for (const account of ids) {
    await insertMember(site, list, account);
    await mergeIntoList(site, list, { _id: account });
  }
}

async function insertMember(site: Site, list: ListRow, account: number): Promise<void> {
  const _id = snowflake(site.clock.now());
  try {
    await insertRow(site.models.listMembers, { _id, list: list._id, owner: list.owner, account });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const isThere = await site.models.listMembers.exists({ list: list._id, account });
    if (isThere === null) await insertMember(site, list, account);
  }
}

/** Takes people out of a list; who is not in it is no mistake. */
export async function removeMembers(site: Site, list: ListRow, ids: readonly number[]): Promise<void> {
  await site.models.listMembers.deleteMany({ list: list._id, account: { $in: ids } });
  for (const id of ids) await leaveList(site, list, { _id: id });
}

function check(wishes: ListWishes): Partial<Pick<ListRow, "title" | "repliesPolicy" | "exclusive">> {
  const { exclusive } = wishes;
  const title = wishes.title?.trim();
  if (title === "") throw refused("Validation failed: Title can't be blank");
  if (title !== undefined && [...title].length > TITLE_LENGTH)
    throw refused(`Validation failed: Title is too long (maximum is ${TITLE_LENGTH} characters)`);
  const repliesPolicy = REPLIES_POLICIES.find((policy) => policy === wishes.repliesPolicy);
  if (wishes.repliesPolicy !== undefined && repliesPolicy === undefined)
    throw refused("Validation failed: Replies policy is not included in the list");
  return {
    ...(title === undefined ? {} : { title }),
    ...(repliesPolicy === undefined ? {} : { repliesPolicy }),
    ...(exclusive === undefined ? {} : { exclusive }),
  };
}

function refused(text: string): InvalidInput {
  return new InvalidInput(text, "list-refused");
}
