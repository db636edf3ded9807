import { createECDH, randomInt } from "node:crypto";
import type { ActorRow, NotificationRow, PushRow, TokenRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { InvalidInput, isDuplicateKey } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";

/** What an app can ask to be told of; the last two are upstream's, for operators. */
export const ALERTS = [
  "mention",
  "status",
  "reblog",
  "follow",
  "follow_request",
  "favourite",
  "poll",
  "update",
  "quote",
  "quoted_update",
  "admin.sign_up",
  "admin.report",
] as const satisfies readonly (NotificationRow["type"] | `admin.${string}`)[];

export const PUSH_POLICIES = ["all", "followed", "follower", "none"] as const;
export type PushPolicy = PushRow["policy"];

/** What a client gives: where to, and the keys of RFC 8291. */
export interface PushTarget {
  endpoint: string;
  p256dh: string;
  auth: string;
  /** RFC 8291, or its draft 04, which older apps still read. */
  standard: boolean;
}

export interface PushWishes {
  alerts: Readonly<Record<string, boolean>>;
  policy: PushPolicy;
}

type Holder = Pick<TokenRow, "_id">;

const LONGEST_ENDPOINT = 2048;

/**
 * Subscribes a token to web push; a subscription it had before is replaced.
 * @throws {InvalidInput} for an endpoint that is not https, and keys that are none.
 */
export async function subscribePush(
  site: Site,
  token: Holder,
  account: Pick<ActorRow, "_id">,
  target: PushTarget,
  wishes: PushWishes,
): Promise<PushRow> {
  const fields = {
    account: account._id,
    endpoint: endpointOf(site, target.endpoint),
    ...keysOf(target),
    standard: target.standard,
    ...wishes,
  };
  const now = site.clock.now();
  try {
    const row = await site.models.pushes
      .findOneAndUpdate(
        { token: token._id },
        {
          $set: fields,
          // Below 2^31: Tusky, official Android and Ice Cubes hold it in 32 bits.
          $setOnInsert: { _id: snowflake(now), publicId: randomInt(1, 2 ** 31 - 1), createdAt: now },
        },
        { upsert: true, returnDocument: "after" },
      )
      .lean<PushRow | null>();
    if (row !== null) return row;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
  // Twice at once, or one of the numbers was taken.
  return subscribePush(site, token, account, target, wishes);
}

export async function findPush(site: Site, token: Holder): Promise<PushRow | null> {
  return site.models.pushes.findOne({ token: token._id }).lean<PushRow | null>();
}

/** Changes what is told. @returns `null` where there is no subscription. */
export async function changePush(
  site: Site,
  token: Holder,
  wishes: Partial<PushWishes>,
): Promise<PushRow | null> {
  if (Object.keys(wishes).length === 0) return findPush(site, token);
  return site.models.pushes
    .findOneAndUpdate({ token: token._id }, { $set: wishes }, { returnDocument: "after" })
    .lean<PushRow | null>();
}

export async function unsubscribePush(site: Site, token: Holder): Promise<void> {
  await site.models.pushes.deleteOne({ token: token._id });
}

/** Anybody with a token names it, so it is a stranger's: network/ decides again, by address, whenever something is sent. */
function endpointOf(site: Site, text: string): string {
  const url = text.length <= LONGEST_ENDPOINT && URL.canParse(text) ? new URL(text) : undefined;
  const isAllowed =
    url !== undefined &&
    url.username === "" &&
    url.password === "" &&
    (url.protocol === "https:" || (url.protocol === "http:" && site.options.allowPrivateNetwork));
  if (!isAllowed) throw new InvalidInput("Validation failed: Endpoint is not a valid https address");
  return url.href;
}

/** Base64url without padding; some clients send the other alphabet, or padding. */
function keysOf(target: PushTarget): { p256dh: string; auth: string } {
  const [p256dh, auth] = [target.p256dh, target.auth].map((text) =>
    Buffer.from(text.slice(0, 200), "base64url").toString("base64url"),
  ) as [string, string];
  if (!isPublicKey(p256dh) || Buffer.from(auth, "base64url").length !== 16)
    throw new InvalidInput("Validation failed: Key p256dh or auth is not a valid key");
  return { p256dh, auth };
}

/** An uncompressed point that lies on P-256: encrypting to any other would fail for ever. */
function isPublicKey(text: string): boolean {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.length !== 65 || bytes[0] !== 4) return false;
  const curve = createECDH("prime256v1");
  curve.generateKeys();
  try {
    curve.computeSecret(bytes);
    return true;
  } catch {
    // What node:crypto throws here says only that it is no such point.
    return false;
  }
}
