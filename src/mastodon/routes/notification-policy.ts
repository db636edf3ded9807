import {
  changePolicy,
  isPolicyVerdict,
  POLICY_RULES,
  policyOf,
  type Policy,
  type PolicyRule,
} from "../../domain/notification-policy.ts";
import { heldBack } from "../../domain/notification-requests.ts";
import type { Api, Context } from "../api.ts";
import { invalidField } from "../errors.ts";
import type { Params } from "../params.ts";

const READ = { scope: "read:notifications" };
const WRITE = { scope: "write:notifications" };

/** What an account does with notifications of whom: version 2 in three grades, version 1 by yes and no. */
export function notificationPolicyRoutes(api: Api): void {
  const show = async (context: Context): Promise<object> => withSummary(context, policyOf(context.account));
  api.get("/api/v2/notifications/policy", READ, show);
  const change = async (context: Context): Promise<object> =>
    withSummary(context, await changePolicy(context.site, context.account, readChanges(context.params)));
  // masto.js and Ice Cubes send PUT.
  api.put("/api/v2/notifications/policy", WRITE, change);
  api.patch("/api/v2/notifications/policy", WRITE, change);

  const showSimple = async (context: Context): Promise<object> =>
    withSummary(context, simple(policyOf(context.account)));
  api.get("/api/v1/notifications/policy", READ, showSimple);
  const changeSimple = async (context: Context): Promise<object> => {
    const policy = await changePolicy(context.site, context.account, readSimpleChanges(context.params));
    return withSummary(context, simple(policy));
  };
  api.put("/api/v1/notifications/policy", WRITE, changeSimple);
  api.patch("/api/v1/notifications/policy", WRITE, changeSimple);
}

async function withSummary({ site, account }: Context, policy: object): Promise<object> {
  const { requests, notifications } = await heldBack(site, account);
  return {
    ...policy,
    summary: { pending_requests_count: requests, pending_notifications_count: notifications },
  };
}

function readChanges(params: Params): Partial<Policy> {
  const changes: Partial<Policy> = {};
  for (const rule of POLICY_RULES) {
    const verdict = params.string(rule);
    if (verdict === undefined) continue;
    if (!isPolicyVerdict(verdict)) throw invalidField(rule, "ERR_INVALID", "is none of accept, filter, drop");
    changes[rule] = verdict;
  }
  return changes;
}

/** Rules that version 1 knows, by their name there. */
const SIMPLE = POLICY_RULES.filter((rule) => rule !== "for_limited_accounts").map(
  (rule): [PolicyRule, string] => [rule, rule.replace(/^for_/, "filter_")],
);

function simple(policy: Policy): object {
  return Object.fromEntries(SIMPLE.map(([rule, name]) => [name, policy[rule] !== "accept"]));
}

function readSimpleChanges(params: Params): Partial<Policy> {
  return Object.fromEntries(
    SIMPLE.flatMap(([rule, name]) => {
      const filter = params.boolean(name);
      return filter === undefined ? [] : [[rule, filter ? "filter" : "accept"]];
    }),
  );
}
