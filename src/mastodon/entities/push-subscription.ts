import type { PushRow } from "../../database/rows.ts";

export interface PushSubscriptionEntity {
  /** A number below 2^31, whatever the documentation says: apps decode nothing else. */
  id: number;
  endpoint: string;
  standard: boolean;
  alerts: Record<string, boolean>;
  policy: PushRow["policy"];
  server_key: string;
}

/**
 * @param alerts all there are; what is not subscribed to is told as `false`.
 * @param serverKey the site's public key (VAPID), base64url.
 */
export function pushSubscriptionEntity(
  row: PushRow,
  alerts: readonly string[],
  serverKey: string,
): PushSubscriptionEntity {
  return {
    id: row.publicId,
    endpoint: row.endpoint,
    standard: row.standard,
    alerts: Object.fromEntries(alerts.map((alert) => [alert, row.alerts[alert.replace(".", "_")] === true])),
    policy: row.policy,
    server_key: serverKey,
  };
}
