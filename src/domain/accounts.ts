import { createHash } from "node:crypto";
import { insertRow, readRows } from "../database/native.ts";
import { SITE_ACTOR } from "../database/signers.ts";
import type { ActorRow, MediaRow } from "../database/rows.ts";
import { accountSchema, type AccountOptions } from "../options.ts";
import { generateKeyPair } from "../signatures/keys.ts";
import type { Site } from "../site.ts";
import { InvalidInput, isDuplicateKey } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { renderMarkdown } from "../text/markdown.ts";

/** The account of this username, capitals or not; `null` for strangers. */
export async function localAccount(site: Site, username: string): Promise<ActorRow | null> {
  if (username.startsWith("*")) return null;
  return site.models.actors.findOne({ localName: username.toLowerCase() }).lean<ActorRow | null>();
}

/** Every account of the site, oldest first; not the site's own actor. */
export async function localAccounts(site: Site): Promise<ActorRow[]> {
  // The index holds these few and no others; in the order of `_id` the store would walk through everybody ever heard of.
  const rows = await readRows(
    site.models.actors,
    { localName: { $exists: true } },
    { sort: { _id: 1 }, hint: { localName: 1 } },
  );
  return rows.filter((row) => row.localName !== SITE_ACTOR);
}

/** The site's own Application actor (FEP-2677), which signs our GETs and stands for no person. */
export async function siteActor(site: Site): Promise<ActorRow> {
  const row = await site.models.actors.findOne({ localName: SITE_ACTOR }).lean<ActorRow | null>();
  return row ?? createActor(site, siteProfile(site));
}

/**
 * The account that a post without an author belongs to.
 * @throws {InvalidInput} when there is no such account.
 */
export async function authorAccount(site: Site, username?: string): Promise<ActorRow> {
  const wanted = username ?? site.options.author ?? site.options.accounts[0]?.username;
  const account = wanted === undefined ? (await localAccounts(site))[0] : await localAccount(site, wanted);
  if (account) return account;
  throw new InvalidInput(
    wanted === undefined
      ? 'There is no account to post as. Declare one in the option "accounts" or make one with `account create NAME`.'
      : `There is no account "${wanted}" on this site.`,
    "unknown-account",
  );
}

/** The public half of an account's key, as its actor document shows it. */
export async function accountKey(site: Site, actorId: number): Promise<{ id: string; pem: string }> {
  const row = await site.models.keys.findById(actorId, { keyId: 1, publicPem: 1 }).lean();
  if (!row) throw new InvalidInput("This account has no key.", "no-key", 500);
  return { id: row.keyId, pem: row.publicPem };
}

/**
 * Makes the site's own actor and the accounts of the options; a changed profile will send one Update.
 * @param makeKeyPair for tests, where a new RSA key for each site would take most of the time.
 */
export async function ensureAccounts(site: Site, makeKeyPair = generateKeyPair): Promise<void> {
  await ensureKey(site, await siteActor(site), makeKeyPair);
  for (const options of site.options.accounts) {
    const existing = await localAccount(site, options.username);
    // What its owner has changed in an app since is not undone at every start.
    if (existing?.ownProfile === true) await ensureKey(site, existing, makeKeyPair);
    else await ensureAccount(site, options, makeKeyPair);
  }
}

/**
 * Makes an account, or brings its profile up to date.
 * @throws {InvalidInput} for a profile that cannot be.
 */
export async function ensureAccount(
  site: Site,
  given: unknown,
  makeKeyPair = generateKeyPair,
): Promise<ActorRow> {
  const parsed = accountSchema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new InvalidInput(
      `The account cannot be made: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`,
      "invalid-account",
    );
  }
  const profile = accountProfile(site, parsed.data);
  const existing = await localAccount(site, parsed.data.username);
  if (!existing) {
    const made = await createActor(site, profile);
    await ensureKey(site, made, makeKeyPair);
    return made;
  }
  await ensureKey(site, existing, makeKeyPair);
  return existing.fingerprint === profile.fingerprint ? existing : changeProfile(site, existing, profile);
}

async function changeProfile(site: Site, existing: ActorRow, profile: Profile): Promise<ActorRow> {
  const now = site.clock.now();
  // The username stays as it was first spelt: others know the account by its id.
  const { username: _, uri: __, localName: ___, ...changes } = profile;
  const gone = (["icon", "image", "summarySource"] as const).filter((name) => profile[name] === undefined);
  const changed = await site.models.actors
    .findOneAndUpdate(
      { _id: existing._id, fingerprint: { $ne: profile.fingerprint } },
      {
        $set: { ...changes, outgoing: [{ id: snowflake(now), type: "Update", at: now }], outgoingAt: now },
        ...(gone.length === 0 ? {} : { $unset: Object.fromEntries(gone.map((name) => [name, 1])) }),
      },
      { returnDocument: "after" },
    )
    .lean<ActorRow | null>();
  site.wake("outgoing");
  return changed ?? existing;
}

type Profile = Pick<
  ActorRow,
  | "uri"
  | "type"
  | "username"
  | "host"
  | "handle"
  | "name"
  | "summary"
  | "url"
  | "fields"
  | "alsoKnownAs"
  | "discoverable"
  | "indexable"
  | "manuallyApprovesFollowers"
  | "inbox"
> & { localName: string; fingerprint: string } & Partial<ActorRow>;

function accountProfile(site: Site, options: AccountOptions): Profile {
  const { urls } = site;
  const render = (markdown: string): string =>
    renderMarkdown(markdown, {
      baseUrl: urls.origin,
      mentionUrl: () => undefined,
      tagUrl: (tag) => urls.tagPage(tag),
    }).html;
  const name = options.username;
  const profile = {
    type: options.type,
    name: options.name === "" ? name : options.name,
    summary: options.summary === "" ? "" : render(options.summary),
    ...(options.summary === "" ? {} : { summarySource: options.summary }),
    url: options.url ?? urls.profilePage(name),
    ...(options.avatar ? { icon: picture(options.avatar) } : {}),
    ...(options.header ? { image: picture(options.header) } : {}),
    fields: options.fields.map((field) => ({
      name: field.name,
      value: render(field.value).replace(/^<p>([\s\S]*)<\/p>\s*$/, "$1"),
      source: field.value,
    })),
    alsoKnownAs: options.alsoKnownAs,
    discoverable: options.discoverable,
    indexable: options.indexable,
    manuallyApprovesFollowers: options.manuallyApprovesFollowers,
  };
  return {
    ...profile,
    username: name,
    localName: name.toLowerCase(),
    host: urls.host,
    handle: `${name.toLowerCase()}@${urls.host}`,
    uri: urls.actor(name),
    inbox: urls.inbox(name),
    outbox: urls.outbox(name),
    sharedInbox: urls.sharedInbox,
    followersUri: urls.followers(name),
    followingUri: urls.following(name),
    featuredUri: urls.featured(name),
    fingerprint: createHash("sha256").update(JSON.stringify(profile)).digest("base64url"),
  };
}

function siteProfile(site: Site): Profile {
  const { urls } = site;
  return {
    uri: urls.siteActor,
    type: "Application",
    username: urls.host,
    localName: SITE_ACTOR,
    host: urls.host,
    handle: `${urls.host}@${urls.host}`,
    name: urls.host,
    summary: "",
    url: `${urls.origin}/`,
    fields: [],
    alsoKnownAs: [],
    discoverable: false,
    indexable: false,
    manuallyApprovesFollowers: true,
    inbox: urls.sharedInbox,
    outbox: `${urls.siteActor}/outbox`,
    sharedInbox: urls.sharedInbox,
    fingerprint: "site",
  };
}

function picture(given: { url: string; alt?: string | undefined; mediaType?: string | undefined }): MediaRow {
  return {
    type: "Image",
    url: given.url,
    ...(given.alt === undefined ? {} : { alt: given.alt }),
    ...(given.mediaType === undefined ? {} : { mediaType: given.mediaType }),
  };
}

async function createActor(site: Site, profile: Profile): Promise<ActorRow> {
  const now = site.clock.now();
  const row: ActorRow = {
    ...profile,
    _id: snowflake(now),
    local: true,
    publishedAt: now,
    createdAt: now,
    followersCount: 0,
    followingCount: 0,
    postsCount: 0,
  };
  try {
    await insertRow(site.models.actors, row);
    return row;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    // Another process of the site was quicker, or the snowflake was taken: the second try tells which.
    const other = await site.models.actors.findOne({ localName: profile.localName }).lean<ActorRow | null>();
    return other ?? createActor(site, profile);
  }
}

async function ensureKey(site: Site, actor: ActorRow, makeKeyPair: typeof generateKeyPair): Promise<void> {
  if ((await site.models.keys.exists({ _id: actor._id })) !== null) return;
  const { publicPem, privatePem } = await makeKeyPair();
  const keyId = `${actor.uri}#main-key`;
  try {
    await insertRow(site.models.keys, {
      _id: actor._id,
      keyId,
      publicPem,
      privatePem,
      createdAt: site.clock.now(),
    });
  } catch (error) {
    // Another process has made it meanwhile; the first one counts.
    if (!isDuplicateKey(error)) throw error;
  }
}
