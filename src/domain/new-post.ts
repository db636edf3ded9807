import type { ActorRow, IntentRow, PostRow } from "../database/rows.ts";
import { addressing } from "../documents/addressing.ts";
import type { Site } from "../site.ts";
import { DAY } from "../support/clock.ts";
import { InvalidInput } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { authorAccount } from "./accounts.ts";
import { findPost, namesOf } from "./find-post.ts";
import { firstStart } from "./first-start.ts";
import { fingerprintOf, ownFields } from "./own-fields.ts";
import { withKnownPeople } from "./own-mentions.ts";
import type { CheckedPost } from "./post-input.ts";
import { idBeneath, threadOf } from "./threading.ts";

/** What a source or an app knows of a post beyond what a host may say. */
export interface PublishOptions {
  /** Name of the source it comes from. */
  origin?: string;
  /** An app's own: takes the place of what the input says. */
  extra?: Partial<
    Pick<
      PostRow,
      | "visibility"
      | "poll"
      | "quote"
      | "quotePolicy"
      | "application"
      | "attachments"
      | "sensitive"
      | "scheduled"
      | "idempotency"
    >
  >;
  /** An edit that takes away what the post had. */
  drop?: readonly "poll"[];
}

/**
 * The row of a post that is not stored yet, with the intent to deliver it. @param key its permalink, normalised.
 * @throws {InvalidInput} where it names an account that this site has not.
 */
export async function newPost(
  site: Site,
  input: CheckedPost,
  now: Date,
  key: string | undefined,
  how: PublishOptions,
): Promise<PostRow> {
  const [author, ...others] = await authorsOf(site, input);
  if (!author) throw new InvalidInput("The post was not taken: it has no author.", "unknown-account");
  const publishedAt = input.published ?? now;
  const parent = input.inReplyTo === undefined ? null : await findPost(site, input.inReplyTo);
  const id = idBeneath(parent, publishedAt);
  const uri = site.urls.post(id);
  const url = input.url ?? site.urls.postPage(author.username, id);
  const fields = { ...ownFields(site, input, url), ...how.extra };
  const people = await withKnownPeople(site, fields, url);
  const federated = input.federate ?? !isArchived(publishedAt, await firstStart(site));
  const intent: IntentRow = { id: snowflake(now), type: "Create", at: now };
  return {
    _id: id,
    uri,
    url,
    names: namesOf(uri, url, site.urls.postPage(author.username, id)),
    ...(key === undefined ? {} : { key }),
    ...(how.origin === undefined ? {} : { origin: how.origin }),
    local: true,
    author: author._id,
    authorUri: author.uri,
    ...(others.length === 0 ? {} : { coauthors: others.map((other) => other._id) }),
    ...fields,
    ...people,
    ...addressing(fields.visibility, {
      followers: site.urls.followers(author.username),
      mentions: people.mentions.flatMap(({ uri }) => (uri === undefined ? [] : [uri])),
    }),
    ...(input.inReplyTo === undefined ? {} : { inReplyTo: input.inReplyTo }),
    ...(parent ? threadOf(parent) : {}),
    conversation: parent?.conversation ?? parent?._id ?? id,
    publishedAt,
    createdAt: now,
    federated,
    fingerprint: fingerprintOf(fields, input.url),
    likesCount: 0,
    boostsCount: 0,
    repliesCount: 0,
    ...(federated ? { outgoing: [intent], outgoingAt: now } : {}),
  };
}

async function authorsOf(site: Site, input: CheckedPost): Promise<ActorRow[]> {
  if (input.author !== undefined) return [await authorAccount(site, input.author)];
  const known: ActorRow[] = [];
  // A feed names people, not accounts: names that are no account of ours are nobody's mistake.
  for (const name of input.authors ?? []) {
    const account = /^[A-Za-z0-9_]{1,30}$/.test(name)
      ? await site.models.actors.findOne({ localName: name.toLowerCase() }).lean<ActorRow | null>()
      : null;
    if (account) known.push(account);
  }
  return known.length > 0 ? known : [await authorAccount(site)];
}

/** A date without a time stands for that whole day: what is written on the day of the first start belongs to no archive. */
function isArchived(publishedAt: Date, start: Date): boolean {
  const published = publishedAt.getTime();
  return published + (published % DAY === 0 ? DAY - 1 : 0) < start.getTime();
}
