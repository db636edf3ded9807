import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import type { ActorRow, LoginRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { InvalidInput } from "../support/errors.ts";
import { Semaphore } from "../support/semaphore.ts";
import { localAccount } from "./accounts.ts";
import { closeSessionsOf } from "./sessions.ts";

/** What one guess costs: a quarter of a second and 32 MiB. Stored with each hash, so that it can grow. */
const COST = { N: 32_768, r: 8, p: 3 };
const BYTES = 32;
const SHORTEST = 10;
/** More than anybody types; scrypt would hash a book. */
const LONGEST = 1000;

/** Two guesses at once in this process, whoever makes them: the host's own work comes first. */
const turns = new Semaphore(2);

/**
 * Sets an account's password and logs every browser out that knew the old one. Apps stay connected.
 * @throws {InvalidInput} for a password that is too short or too long.
 */
export async function setPassword(site: Site, account: ActorRow, password: string): Promise<void> {
  const text = normalise(password);
  if (text.length < SHORTEST)
    throw new InvalidInput(
      `A password has at least ${SHORTEST} characters; a few words in a row are a good one.`,
      "password",
    );
  if (text.length > LONGEST)
    throw new InvalidInput(`A password has at most ${LONGEST} characters.`, "password");
  const stored = await hash(text, randomBytes(16), COST);
  await site.models.logins.updateOne(
    { _id: account._id },
    { $set: { password: stored, changedAt: site.clock.now() } },
    { upsert: true },
  );
  await closeSessionsOf(site, account._id);
}

/**
 * The account whose name and password these are, or `null`. Takes as long for a name that is not there, or has no
 * password, as for one that has.
 */
export async function checkPassword(
  site: Site,
  username: string,
  password: string,
): Promise<ActorRow | null> {
  const account = username.length > 100 ? null : await localAccount(site, username);
  const login =
    account === null ? null : await site.models.logins.findById(account._id).lean<LoginRow | null>();
  const right = await matches(normalise(password).slice(0, LONGEST + 1), login?.password ?? NOBODY);
  return right && login !== null ? account : null;
}

/** A hash that nothing leads to, at today's cost. */
const NOBODY = encode(COST, Buffer.alloc(16), Buffer.alloc(BYTES));

/** The same characters may be typed in several ways (RFC 8265). */
function normalise(password: string): string {
  return password.normalize("NFC");
}

async function matches(password: string, stored: string): Promise<boolean> {
  const [scheme, N, r, p, salt, wanted] = stored.split("$");
  if (scheme !== "scrypt" || salt === undefined || wanted === undefined) return false;
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const key = await derive(password, Buffer.from(salt, "base64url"), cost);
  const expected = Buffer.from(wanted, "base64url");
  return key.length === expected.length && timingSafeEqual(key, expected);
}

async function hash(password: string, salt: Buffer, cost: typeof COST): Promise<string> {
  return encode(cost, salt, await derive(password, salt, cost));
}

function encode(cost: typeof COST, salt: Buffer, key: Buffer): string {
  return ["scrypt", cost.N, cost.r, cost.p, salt.toString("base64url"), key.toString("base64url")].join("$");
}

function derive(password: string, salt: Buffer, cost: typeof COST): Promise<Buffer> {
  const options = { ...cost, maxmem: 256 * cost.N * cost.r };
  return turns.run(
    () =>
      new Promise((resolve, reject) => {
        scrypt(password, salt, BYTES, options, (error, key) => (error ? reject(error) : resolve(key)));
      }),
  );
}
