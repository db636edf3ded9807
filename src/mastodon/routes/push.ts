import type { PushRow, TokenRow } from "../../database/rows.ts";
import {
  ALERTS,
  changePush,
  findPush,
  PUSH_POLICIES,
  subscribePush,
  unsubscribePush,
  type PushPolicy,
  type PushWishes,
} from "../../domain/push-subscriptions.ts";
import { vapidKeys } from "../../domain/vapid.ts";
import type { Site } from "../../site.ts";
import type { Api, Viewer } from "../api.ts";
import { pushSubscriptionEntity } from "../entities/push-subscription.ts";
import { notFound, unauthorised, unprocessable } from "../errors.ts";
import type { Params } from "../params.ts";

const SCOPE = { scope: "push" };

/** Web push: one subscription a token. */
export function pushRoutes(api: Api): void {
  api.post("/api/v1/push/subscription", SCOPE, async ({ site, account, viewer, params }) => {
    const subscription = params.object("subscription");
    const keys = subscription?.object("keys");
    const endpoint = subscription?.string("endpoint");
    const p256dh = keys?.string("p256dh");
    const auth = keys?.string("auth");
    if (endpoint === undefined || p256dh === undefined || auth === undefined)
      throw unprocessable("Validation failed: Endpoint can't be blank, Key p256dh can't be blank");
    const standard = subscription?.boolean("standard", false) ?? false;
    const wishes = { alerts: {}, policy: "all" as const, ...wishesOf(params) };
    return show(
      site,
      await subscribePush(site, tokenOf(viewer), account, { endpoint, p256dh, auth, standard }, wishes),
    );
  });

  // Phanpy looks for "not found" in the error's text.
  api.get("/api/v1/push/subscription", SCOPE, async ({ site, viewer }) =>
    show(site, await findPush(site, tokenOf(viewer))),
  );

  api.put("/api/v1/push/subscription", SCOPE, async ({ site, viewer, params }) =>
    show(site, await changePush(site, tokenOf(viewer), wishesOf(params))),
  );

  api.delete("/api/v1/push/subscription", SCOPE, async ({ site, viewer }) =>
    unsubscribePush(site, tokenOf(viewer)),
  );
}

async function show(site: Site, row: PushRow | null): Promise<object> {
  if (row === null) throw notFound();
  return pushSubscriptionEntity(row, ALERTS, (await vapidKeys(site)).publicKey);
}

function tokenOf({ token }: Viewer): TokenRow {
  if (token === undefined) throw unauthorised();
  return token;
}

/** What is said of alerts and policy; `policy` belongs into `data`, but Elk and Ice Cubes say it beside. */
function wishesOf(params: Params): Partial<PushWishes> {
  const data = params.object("data");
  const alerts = data?.object("alerts");
  const policy = data?.string("policy") ?? params.string("policy");
  return {
    ...(alerts === undefined ? {} : { alerts: alertsOf(alerts) }),
    ...(isPolicy(policy) ? { policy } : {}),
  };
}

/** Keys of a document have no dots in them. */
function alertsOf(alerts: Params): Record<string, boolean> {
  return Object.fromEntries(
    ALERTS.map((alert) => [alert.replace(".", "_"), alerts.boolean(alert, false)] as const),
  );
}

function isPolicy(text: string | undefined): text is PushPolicy {
  return PUSH_POLICIES.some((policy) => policy === text);
}
