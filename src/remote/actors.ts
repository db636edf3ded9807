import type { ActorRow } from "../database/rows.ts";
import { readActor, type ReadActor } from "../documents/read-actor.ts";
import { idOf } from "../documents/read.ts";
import type { Site } from "../site.ts";
import { DAY, fromNow, HOUR } from "../support/clock.ts";
import type { FediverseError } from "../support/errors.ts";
import { InvalidInput, isDuplicateKey, NotFound, Permanent, RetryLater } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { parseHandle } from "../text/handles.ts";
import { actorFacts, missingFacts } from "./actor-row.ts";
import { fetchDocument, forgetDocument, missError } from "./fetch-document.ts";
import { memoryOf } from "./memory.ts";
import { recallMiss, rememberMiss } from "./misses.ts";
import { lookupWebfinger, proveAccount, type Account } from "./webfinger.ts";

/** What is known of an actor is read again, on use, after this. */
const FRESH = DAY;
const FIRST_PAUSE = HOUR;
const LONGEST_PAUSE = 7 * DAY;

export interface ResolveOptions {
  /** Read the document again although what is stored is fresh. */
  refresh?: boolean;
  signal?: AbortSignal;
}

/** The stored actor of this id, ours or another's; no network. */
export async function findActor(site: Site, uri: string): Promise<ActorRow | null> {
  return site.models.actors.findOne({ uri }).lean<ActorRow | null>();
}

/**
 * The actor of this id: stored and fresh, or fetched, proven by WebFinger and stored. What is older than a day is
 * refreshed; where that fails, the old row serves on, and the next attempt waits twice as long each time.
 * @throws RetryLater `actor-unreachable` and the like; Permanent `actor-gone`, `actor-invalid`, `handle-unproven`, …
 */
export async function resolveActor(site: Site, uri: string, options: ResolveOptions = {}): Promise<ActorRow> {
  const row = await findActor(site, uri);
  if (row?.local === true) return row;
  if (site.urls.isOurs(uri))
    throw new Permanent(`There is no account ${uri} here.`, { code: "actor-missing" });
  const now = site.clock.now();
  if (row === null) {
    if (options.refresh !== true) await recallMiss(site, uri);
  } else if (options.refresh !== true) {
    const age = now.getTime() - (row.fetchedAt?.getTime() ?? 0);
    const mustWait = row.refreshAfter !== undefined && row.refreshAfter > now;
    if (age < FRESH || mustWait) return alive(row);
  }
  if (options.refresh === true) forgetDocument(site, uri);
  return memoryOf(site).actors.run(uri, () => refresh(site, uri, row, options));
}

function alive(row: ActorRow): ActorRow {
  if (row.goneAt === undefined) return row;
  throw new Permanent(`${row.uri} has been deleted.`, { code: "actor-gone" });
}

async function refresh(
  site: Site,
  uri: string,
  row: ActorRow | null,
  options: ResolveOptions,
): Promise<ActorRow> {
  try {
    const document = await fetchActor(site, uri, options.signal);
    if (document.uri !== uri) return await resolveActor(site, document.uri, options);
    return await storeActor(site, document, await proveAccount(site, document, options.signal));
  } catch (error) {
    if (!(error instanceof RetryLater) && !(error instanceof Permanent)) throw error;
    if (row === null) throw await rememberMiss(site, uri, error);
    if (error.code === "actor-gone") {
      await site.models.actors.updateOne(
        { uri },
        { $set: { goneAt: site.clock.now(), fetchedAt: site.clock.now() } },
      );
      throw error;
    }
    await stampFailure(site, row, error);
    if (options.refresh === true) throw error;
    return alive(row);
  }
}

async function stampFailure(site: Site, row: ActorRow, error: FediverseError): Promise<void> {
  const failures = (row.refreshFailures ?? 0) + 1;
  const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(20, failures - 1));
  site.logger.info({ actor: row.uri, code: error.code, failures }, "an actor could not be refreshed");
  await site.models.actors.updateOne(
    { _id: row._id },
    { $set: { refreshFailures: failures, refreshAfter: fromNow(site.clock, pause) } },
  );
}

/**
 * Reads an actor's document from its own address. A page's address that answers with the actor of another id on the
 * same host leads on to that id, once.
 */
async function fetchActor(site: Site, uri: string, signal: AbortSignal | undefined): Promise<ReadActor> {
  const result = await fetchDocument(site, uri, { kind: "activity", signal, remember: true });
  if (!result.ok) throw missError("actor", uri, result);
  const read = readActor(result.document);
  if (!read.ok) {
    throw new Permanent(`${uri} is no actor that can be used: ${read.reason}.`, { code: "actor-invalid" });
  }
  if (read.actor.uri === uri) return read.actor;
  const origin = new URL(uri).origin;
  if (new URL(read.actor.uri).origin !== origin) {
    throw new Permanent(`${uri} answers with the actor of another host.`, { code: "actor-invalid" });
  }
  const again = await fetchDocument(site, read.actor.uri, { kind: "activity", signal, remember: true });
  if (!again.ok) throw missError("actor", read.actor.uri, again);
  const own = readActor(again.document);
  if (own.ok && own.actor.uri === read.actor.uri) return own.actor;
  throw new Permanent(`${uri} leads to an actor whose id is not its address.`, { code: "actor-invalid" });
}

async function storeActor(site: Site, actor: ReadActor, account: Account): Promise<ActorRow> {
  const facts = actorFacts(actor, account);
  const now = site.clock.now();
  const gone = [...missingFacts(facts), "goneAt", "refreshAfter", "refreshFailures"];
  for (let attempt = 0; ; attempt += 1) {
    try {
      const row = await site.models.actors
        .findOneAndUpdate(
          { uri: facts.uri },
          {
            $set: { ...facts, fetchedAt: now },
            $unset: Object.fromEntries(gone.map((name) => [name, 1])),
            $setOnInsert: {
              _id: snowflake(now),
              createdAt: now,
              followersCount: 0,
              followingCount: 0,
              postsCount: 0,
            },
          },
          { upsert: true, returnDocument: "after" },
        )
        .lean<ActorRow | null>();
      if (row !== null) return row;
    } catch (error) {
      // Another process stored the actor in the same instant, or the snowflake was taken.
      if (!isDuplicateKey(error) || attempt === 3) throw error;
    }
  }
}

/**
 * The actor behind `user@host` (also `@user@host`, `acct:user@host` and a profile page's address).
 * @throws InvalidInput for what is no handle; NotFound for a local name nobody has; else as `resolveActor`.
 */
export async function resolveHandle(
  site: Site,
  text: string,
  options: { signal?: AbortSignal } = {},
): Promise<ActorRow> {
  const account = parseHandle(text);
  if (account === undefined) {
    throw new InvalidInput(
      `"${text.slice(0, 100)}" is no handle; it looks like @anna@example.org.`,
      "not-a-handle",
    );
  }
  const handle = `${account.username}@${account.host}`.toLowerCase();
  if (account.host === site.urls.host) {
    const own = await site.models.actors
      .findOne({ localName: account.username.toLowerCase() })
      .lean<ActorRow | null>();
    if (own === null) throw new NotFound(`There is no account ${account.username} here.`);
    return own;
  }
  const known = await site.models.actors
    .find({ handle, goneAt: { $exists: false } })
    .sort({ _id: -1 })
    .limit(1)
    .lean<ActorRow[]>();
  if (known[0] !== undefined) return resolveActor(site, known[0].uri, options);
  const name = `acct:${handle}`;
  await recallMiss(site, name);
  return memoryOf(site).handles.run(handle, async () => {
    try {
      return await followHandle(site, account, options.signal);
    } catch (error) {
      if (error instanceof RetryLater || error instanceof Permanent)
        throw await rememberMiss(site, name, error);
      throw error;
    }
  });
}

async function followHandle(
  site: Site,
  account: Account,
  signal: AbortSignal | undefined,
): Promise<ActorRow> {
  const answer = await lookupWebfinger(site, account, { signal });
  // Where a user and a community share a name, a handle in a text means the person.
  const uri = idOf(answer.actors.find((actor) => actor.type === "Person")?.uri ?? answer.actors[0]?.uri);
  if (uri === undefined) {
    const handle = `${account.username}@${account.host}`;
    throw new Permanent(`${handle} has no ActivityPub actor.`, { code: "webfinger-no-actor" });
  }
  return resolveActor(site, uri, signal === undefined ? {} : { signal });
}
