import type { ActorRow, RelationRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { InvalidInput, isDuplicateKey } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";

/** Characters of a note on an account; upstream's number, which apps count down from. */
export const NOTE_LENGTH = 2000;

type Facts = Pick<RelationRow, "notifications" | "until" | "comment" | "uri">;
type Party = Pick<ActorRow, "_id">;

/** Stores what an account has decided about another, once a kind; facts that are left out are forgotten. */
export async function setRelation(
  site: Site,
  owner: Party,
  target: Party,
  kind: RelationRow["kind"],
  facts: Facts = {},
): Promise<RelationRow> {
  const now = site.clock.now();
  const absent = (["notifications", "until", "comment", "uri"] as const).filter(
    (name) => facts[name] === undefined,
  );
  try {
    return await site.models.relations
      .findOneAndUpdate(
        { owner: owner._id, kind, target: target._id },
        {
          ...(Object.keys(facts).length === 0 ? {} : { $set: facts }),
          $unset: Object.fromEntries(absent.map((name) => [name, 1])),
          $setOnInsert: { _id: snowflake(now), createdAt: now },
        },
        { upsert: true, returnDocument: "after" },
      )
      .lean<RelationRow>();
  } catch (error) {
    // Two at once, or a snowflake that was taken: the second try finds the row or another snowflake.
    if (isDuplicateKey(error)) return setRelation(site, owner, target, kind, facts);
    throw error;
  }
}

/** Takes a decision back. @returns what it was. */
export async function dropRelation(
  site: Site,
  owner: Party,
  target: Party,
  kind: RelationRow["kind"],
): Promise<RelationRow | null> {
  return site.models.relations
    .findOneAndDelete({ owner: owner._id, kind, target: target._id })
    .lean<RelationRow | null>();
}

/**
 * A private note on an account; empty takes it away.
 * @throws {InvalidInput} for more than NOTE_LENGTH characters.
 */
export async function noteOn(site: Site, owner: Party, target: Party, comment: string): Promise<void> {
  if ([...comment].length > NOTE_LENGTH) {
    throw new InvalidInput(
      `Validation failed: Comment is too long (maximum is ${NOTE_LENGTH} characters)`,
      "note-too-long",
    );
  }
  if (comment.trim() === "") await dropRelation(site, owner, target, "note");
  else await setRelation(site, owner, target, "note", { comment });
}

/**
 * Shows somebody on the account's profile.
 * @throws {InvalidInput} unless the account follows them.
 */
export async function endorse(site: Site, owner: Party, target: Party): Promise<void> {
  const follow = await site.models.follows.exists({
    follower: owner._id,
    followed: target._id,
    state: "accepted",
  });
  if (follow === null) {
    throw new InvalidInput(
      "Validation failed: You must be already following the person you want to endorse",
      "endorse-stranger",
    );
  }
  await setRelation(site, owner, target, "endorse");
}
