import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { ActorRow, FieldRow, MediaRow, Visibility } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { InvalidInput, NotFound } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { normaliseHost } from "../text/handles.ts";
import { renderStatusText } from "../text/status-text.ts";
import { mediaKind } from "./media-kind.ts";
import { fileName, fileUrl, mediaStore, newName } from "./media-store.ts";
import { makeProfilePicture } from "./pictures.ts";
import { PROFILE_LIMITS } from "./profile-limits.ts";
import type { QuotePolicyName } from "./status-input.ts";
import { MEDIA_LIMITS } from "./status-limits.ts";
import type { SentFile } from "./take-upload.ts";

/** What an owner changes of a profile; what is left out stays. */
export interface ProfileChanges {
  name?: string;
  /** Plain text. */
  note?: string;
  fields?: readonly { name: string; value: string }[];
  /** Followers wait for an answer. */
  locked?: boolean;
  bot?: boolean;
  discoverable?: boolean;
  indexable?: boolean;
  hidesCollections?: boolean;
  attributionDomains?: readonly string[];
  avatar?: SentFile;
  avatarAlt?: string;
  header?: SentFile;
  headerAlt?: string;
  /** What new statuses begin with. */
  visibility?: Visibility;
  sensitive?: boolean;
  /** Empty: none. */
  language?: string;
  quotePolicy?: QuotePolicyName;
}

const SIZES = { icon: { width: 400, height: 400 }, image: { width: 1500, height: 500 } };

/**
 * Changes a profile as its owner wishes; from now on the options of the same account leave it alone. What others see and
 * has changed is told them, once.
 * @throws {InvalidInput} naming what is wrong; nothing is changed then.
 */
export async function changeOwnProfile(
  site: Site,
  account: Pick<ActorRow, "_id">,
  changes: ProfileChanges,
): Promise<ActorRow> {
  const before = await site.models.actors.findById(account._id).lean<ActorRow | null>();
  if (!before) throw new NotFound("Record not found");
  check(changes);
  const [icon, image] = await Promise.all([
    picture(site, before.icon, changes.avatar, changes.avatarAlt, "icon"),
    picture(site, before.image, changes.header, changes.headerAlt, "image"),
  ]);
  const seen: Partial<ActorRow> = {
    ...(changes.name === undefined
      ? {}
      : { name: changes.name.trim() === "" ? before.username : changes.name.trim() }),
    ...(changes.note === undefined || changes.note === before.summarySource
      ? {}
      : noteOf(site, changes.note)),
    ...(changes.fields === undefined ? {} : { fields: fieldsOf(site, before, changes.fields) }),
    ...(changes.locked === undefined ? {} : { manuallyApprovesFollowers: changes.locked }),
    ...(changes.bot === undefined ? {} : { type: typeFor(before.type, changes.bot) }),
    ...(changes.discoverable === undefined ? {} : { discoverable: changes.discoverable }),
    ...(changes.indexable === undefined ? {} : { indexable: changes.indexable }),
    ...(changes.attributionDomains === undefined
      ? {}
      : { attributionDomains: domainsOf(changes.attributionDomains) }),
    ...(icon ? { icon } : {}),
    ...(image ? { image } : {}),
  };
  const after = await store(site, before, seen, {
    ...(changes.hidesCollections === undefined ? {} : { hidesCollections: changes.hidesCollections }),
    defaults: defaultsOf(before, changes),
  });
  if (icon) await forget(site, before.icon, icon);
  if (image) await forget(site, before.image, image);
  return after;
}

/** Takes the avatar or header away. */
export async function dropProfilePicture(
  site: Site,
  account: Pick<ActorRow, "_id">,
  which: "icon" | "image",
): Promise<ActorRow> {
  const before = await site.models.actors.findById(account._id).lean<ActorRow | null>();
  if (!before) throw new NotFound("Record not found");
  if (before[which] === undefined) return before;
  const { [which]: gone, ...rest } = before;
  const after = await store(site, rest, {}, {}, which);
  await forget(site, gone);
  return after;
}

/** In the same write: what others see, and the wish to tell them. */
async function store(
  site: Site,
  before: ActorRow,
  seen: Partial<ActorRow>,
  unseen: Partial<ActorRow>,
  drop?: "icon" | "image",
): Promise<ActorRow> {
  const now = site.clock.now();
  const fingerprint = fingerprintOf({ ...before, ...seen });
  const isNews = fingerprint !== before.fingerprint;
  const after = await site.models.actors
    .findOneAndUpdate(
      { _id: before._id },
      {
        $set: {
          ...seen,
          ...unseen,
          ownProfile: true,
          fingerprint,
          ...(isNews ? { outgoing: [{ id: snowflake(now), type: "Update", at: now }], outgoingAt: now } : {}),
        },
        ...(drop === undefined ? {} : { $unset: { [drop]: 1 } }),
      },
      { returnDocument: "after" },
    )
    .lean<ActorRow | null>();
  if (!after) throw new NotFound("Record not found");
  if (isNews) site.wake("outgoing");
  return after;
}

function fingerprintOf(row: ActorRow): string {
  const { type, name, summary, fields, icon, image, discoverable, indexable, attributionDomains } = row;
  const { manuallyApprovesFollowers, url, alsoKnownAs } = row;
  const seen = [type, name, summary, fields, icon, image, discoverable, indexable, attributionDomains];
  return createHash("sha256")
    .update(JSON.stringify([...seen, manuallyApprovesFollowers, url, alsoKnownAs]))
    .digest("base64url");
}

function check({
  name,
  note,
  fields,
  avatarAlt,
  headerAlt,
  attributionDomains,
  language,
}: ProfileChanges): void {
  const tooLong = (what: string, most: number): InvalidInput =>
    new InvalidInput(`Validation failed: ${what} is too long (maximum is ${most} characters)`, "too-long");
  const limits = PROFILE_LIMITS;
  if ((name?.length ?? 0) > limits.nameCharacters) throw tooLong("Display name", limits.nameCharacters);
  if ((note?.length ?? 0) > limits.noteCharacters) throw tooLong("Note", limits.noteCharacters);
  if (fields && fields.length > limits.fields)
    throw new InvalidInput(`Validation failed: Fields can be ${limits.fields} at most`, "too-many-fields");
  for (const field of fields ?? []) {
    if (field.name.length > limits.fieldNameCharacters)
      throw tooLong("Field name", limits.fieldNameCharacters);
    if (field.value.length > limits.fieldValueCharacters)
      throw tooLong("Field value", limits.fieldValueCharacters);
  }
  for (const alt of [avatarAlt, headerAlt])
    if ((alt?.length ?? 0) > limits.altCharacters) throw tooLong("Description", limits.altCharacters);
  if (attributionDomains && attributionDomains.length > 100)
    throw new InvalidInput("Validation failed: Attribution domains can be 100 at most", "too-many-domains");
  if (language !== undefined && language !== "" && !/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/.test(language))
    throw new InvalidInput("Validation failed: Language is not a language tag", "language");
}

/** A note that is sent back as it was read stays as it is: it may have been Markdown in the options. */
function noteOf(site: Site, note: string): Partial<ActorRow> {
  return { summary: htmlOf(site, note), summarySource: note };
}

function fieldsOf(
  site: Site,
  before: ActorRow,
  given: readonly { name: string; value: string }[],
): FieldRow[] {
  return given
    .map((field) => ({ name: field.name.trim(), value: field.value.trim() }))
    .filter((field) => field.name !== "" || field.value !== "")
    .map((field) => {
      const known = before.fields.find((one) => one.name === field.name && one.source === field.value);
      return known ?? { name: field.name, value: inline(htmlOf(site, field.value)), source: field.value };
    });
}

function htmlOf(site: Site, text: string): string {
  return renderStatusText(text, {
    localHost: site.urls.host,
    tagUrl: (tag) => site.urls.tagPage(tag),
    // Whoever a profile names is not looked up, and not told.
    mentionUrl: () => undefined,
  }).html;
}

const inline = (html: string): string => html.replace(/^<p>([\s\S]*)<\/p>$/, "$1");

/** A bot is a Service; a Group or an Organization stays what it is. */
function typeFor(type: string, bot: boolean): string {
  if (bot) return type === "Person" ? "Service" : type;
  return type === "Service" ? "Person" : type;
}

/** Host names in their one spelling; what is none is refused. */
function domainsOf(given: readonly string[]): string[] {
  const domains = given
    .map((text) =>
      text
        .trim()
        .replace(/^https?:\/\//i, "")
        .replace(/\/.*$/, "")
        .replace(/^\*\./, ""),
    )
    .filter((text) => text !== "");
  return [
    ...new Set(
      domains.map((domain) => {
        const host = normaliseHost(domain);
        if (host === undefined)
          throw new InvalidInput(
            `Validation failed: Attribution domains: "${domain.slice(0, 100)}" is no domain`,
            "domain",
          );
        return host;
      }),
    ),
  ];
}

function defaultsOf(before: ActorRow, changes: ProfileChanges): NonNullable<ActorRow["defaults"]> {
  const { language: known, ...others } = before.defaults ?? {};
  const language = changes.language ?? known;
  return {
    ...others,
    ...(changes.visibility === undefined ? {} : { visibility: changes.visibility }),
    ...(changes.sensitive === undefined ? {} : { sensitive: changes.sensitive }),
    ...(language === undefined || language === "" ? {} : { language }),
    ...(changes.quotePolicy === undefined ? {} : { quotePolicy: changes.quotePolicy }),
  };
}

/** The new picture, or the old one with new words; `undefined` where nothing changes. */
async function picture(
  site: Site,
  before: MediaRow | undefined,
  file: SentFile | undefined,
  alt: string | undefined,
  which: "icon" | "image",
): Promise<MediaRow | undefined> {
  if (!file) {
    if (!before || alt === undefined || alt === (before.alt ?? "")) return undefined;
    const { alt: _, ...rest } = before;
    return { ...rest, ...(alt === "" ? {} : { alt }) };
  }
  if (file.size > MEDIA_LIMITS.imageBytes)
    throw new InvalidInput(
      `Validation failed: File size must be less than ${MEDIA_LIMITS.imageBytes / 1024 / 1024} MB`,
      "too-large",
    );
  const bytes = await readFile(file.path);
  const kind = mediaKind(bytes);
  if (kind?.family !== "image")
    throw new InvalidInput(
      `Validation failed: ${which === "icon" ? "Avatar" : "Header"} content type is invalid`,
      "no-picture",
    );
  const { content, mediaType } = await makeProfilePicture(bytes, kind.format, SIZES[which]);
  const name = newName(mediaType);
  await mediaStore(site).put(name, content);
  return {
    type: "Image",
    url: fileUrl(site, name),
    mediaType,
    ...SIZES[which],
    ...(alt === undefined || alt === "" ? {} : { alt }),
  };
}

/** Removes a file that nothing shows any more; pictures that the options name lie elsewhere. */
async function forget(site: Site, before: MediaRow | undefined, after?: MediaRow): Promise<void> {
  if (!before || before.url === after?.url) return;
  const name = fileName(site, before.url);
  if (name !== undefined) await mediaStore(site).remove(name);
}
