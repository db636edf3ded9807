import type { FollowRow, RelationRow } from "../../database/rows.ts";
import { timeOf } from "./time.ts";

export interface RelationshipEntity {
  id: string;
  following: boolean;
  showing_reblogs: boolean;
  notifying: boolean;
  languages: string[] | null;
  followed_by: boolean;
  blocking: boolean;
  blocked_by: boolean;
  muting: boolean;
  muting_notifications: boolean;
  muting_expires_at: string | null;
  requested: boolean;
  requested_by: boolean;
  domain_blocking: boolean;
  endorsed: boolean;
  note: string;
}

/** What is stored between an account and one other. */
export interface Ties {
  /** How the account follows the other. */
  follow?: FollowRow | undefined;
  /** How the other follows the account. */
  followedBy?: FollowRow | undefined;
  relations: readonly RelationRow[];
  isDomainBlocked: boolean;
}

export function relationshipEntity(target: number, ties: Ties, now: Date): RelationshipEntity {
  const { follow, followedBy, relations } = ties;
  const of = (kind: RelationRow["kind"]): RelationRow | undefined =>
    relations.find((row) => row.kind === kind);
  const wanted = of("mute");
  const mute = wanted?.until !== undefined && wanted.until <= now ? undefined : wanted;
  return {
    id: String(target),
    following: follow?.state === "accepted",
    showing_reblogs: follow !== undefined && follow.showBoosts !== false,
    notifying: follow?.notify === true,
    languages: follow?.languages === undefined || follow.languages.length === 0 ? null : follow.languages,
    followed_by: followedBy?.state === "accepted",
    blocking: of("block") !== undefined,
    blocked_by: of("blockedBy") !== undefined,
    muting: mute !== undefined,
    muting_notifications: mute !== undefined && mute.notifications !== false,
    muting_expires_at: mute?.until === undefined ? null : timeOf(mute.until),
    requested: follow?.state === "pending",
    requested_by: followedBy?.state === "pending",
    domain_blocking: ties.isDomainBlocked,
    endorsed: of("endorse") !== undefined,
    note: of("note")?.comment ?? "",
  };
}
