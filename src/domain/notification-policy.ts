import type { ActorRow } from "../database/rows.ts";
import type { Site } from "../site.ts";

/** Whose notifications a rule is about, and what stands while the owner has said nothing. */
const RULES = {
  for_not_following: "accept",
  for_not_followers: "accept",
  for_new_accounts: "accept",
  for_private_mentions: "accept",
  // Nobody is limited by a moderator here: kept for the apps that show it.
  for_limited_accounts: "filter",
  for_bots: "accept",
} as const;

export type PolicyRule = keyof typeof RULES;
export type PolicyVerdict = "accept" | "filter" | "drop";
export type Policy = Record<PolicyRule, PolicyVerdict>;

export const POLICY_RULES = Object.keys(RULES) as readonly PolicyRule[];

export function isPolicyVerdict(text: string): text is PolicyVerdict {
  return text === "accept" || text === "filter" || text === "drop";
}

/** What an account does with notifications, rule by rule. */
export function policyOf(account: Pick<ActorRow, "notificationPolicy">): Policy {
  return { ...RULES, ...account.notificationPolicy };
}

/** Changes some rules. @returns all of them as they are now. */
export async function changePolicy(
  site: Site,
  account: Pick<ActorRow, "_id" | "notificationPolicy">,
  changes: Partial<Policy>,
): Promise<Policy> {
  const set = Object.fromEntries(
    Object.entries(changes).map(([rule, verdict]) => [`notificationPolicy.${rule}`, verdict]),
  );
  if (Object.keys(set).length === 0) return policyOf(account);
  const changed = await site.models.actors
    .findOneAndUpdate({ _id: account._id }, { $set: set }, { returnDocument: "after" })
    .lean<ActorRow | null>();
  return policyOf(changed ?? account);
}
