import { asArray, isObject, type JsonObject } from "../documents/read.ts";
import type { ReadActor } from "../documents/read-actor.ts";
import type { Site } from "../site.ts";
import { Permanent } from "../support/errors.ts";
import { hostOf } from "../support/urls.ts";
import { normaliseHost } from "../text/handles.ts";
import { fetchDocument, isActivityType, missError } from "./fetch-document.ts";

/** A user at a host, as WebFinger (RFC 7033) names them. */
export interface Account {
  /** As its server spells it. */
  username: string;
  /** `host[:port]`, lower case. */
  host: string;
}

/** What a server says about an account. */
export interface WebfingerAnswer {
  /** The canonical account; the one asked for where the answer names none. */
  subject: Account;
  /** Ids of actors in ActivityPub links, in order; a user and a community may share one name (Lemmy). */
  actors: { uri: string; type?: string }[];
  /** `…?uri={uri}`: where a person of that server follows somebody. */
  subscribeTemplate?: string;
  /** Where a person of that server does one thing or another (FEP-3b86), as written; absent where there are none. */
  intents?: { rel: string; template: string }[];
}

const LONGEST_LIST = 50;

/**
 * Asks the account's host about it. Redirects to another host are followed: that is how a domain that only lends its
 * name to the handles points to the server.
 * @throws RetryLater or Permanent, codes `webfinger-…`.
 */
export async function lookupWebfinger(
  site: Site,
  account: Account,
  options: { scheme?: "http" | "https"; signal?: AbortSignal | undefined } = {},
): Promise<WebfingerAnswer> {
  const scheme = schemeFor(site, account.host, options.scheme);
  const resource = encodeURIComponent(`acct:${account.username}@${account.host}`);
  const url = `${scheme}://${account.host}/.well-known/webfinger?resource=${resource}`;
  const result = await fetchDocument(site, url, { kind: "jrd", signal: options.signal });
  if (!result.ok) throw missError("webfinger", `acct:${account.username}@${account.host}`, result);
  return readJrd(result.document, account);
}

/** Reads a JRD; `asked` stands in for a subject that is missing or has no host. */
export function readJrd(document: JsonObject, asked: Account): WebfingerAnswer {
  const links = asArray(document.links).slice(0, LONGEST_LIST).filter(isObject);
  const actors = links
    .filter((link) => link.rel === "self" && typeof link.type === "string" && isActivityType(link.type))
    .map((link) => ({ uri: link.href, type: linkType(link) }))
    .filter((link): link is { uri: string; type: string | undefined } => typeof link.uri === "string")
    .map(({ uri, type }) => ({ uri, ...(type === undefined ? {} : { type }) }));
  const subscribe = links.find((link) => link.rel === "http://ostatus.org/schema/1.0/subscribe")?.template;
  return {
    subject: readSubject(document.subject, asked),
    actors,
    ...(typeof subscribe === "string" ? { subscribeTemplate: subscribe } : {}),
    ...readIntents(links),
  };
}

/** Some servers write `href` where the proposal says `template`. */
function readIntents(links: JsonObject[]): Pick<WebfingerAnswer, "intents"> {
  const intents = links.flatMap(({ rel, template, href }) => {
    const text = template ?? href;
    return typeof rel === "string" &&
      /^https:\/\/w3id\.org\/fep\/3b86\//i.test(rel) &&
      typeof text === "string"
      ? [{ rel, template: text }]
      : [];
  });
  return intents.length === 0 ? {} : { intents };
}

function readSubject(value: unknown, asked: Account): Account {
  const found = typeof value === "string" ? /^(?:acct:)?@?([^@/\s]+)(?:@([^@/\s]+))?$/i.exec(value) : null;
  if (!found) return asked;
  const host = found[2] === undefined ? asked.host : normaliseHost(found[2]);
  return host === undefined ? asked : { username: found[1] as string, host };
}

/** Lemmy tells its two self links apart by a property. */
function linkType(link: JsonObject): string | undefined {
  const properties = isObject(link.properties) ? link.properties : {};
  const type = properties["https://www.w3.org/ns/activitystreams#type"];
  return typeof type === "string" ? type : undefined;
}

/**
 * The account of an actor, proven in both directions: the actor claims a handle, the handle's host names exactly this
 * actor. Where that host says that the canonical account is another (split domains), the other's host must name this
 * actor too. A claim in `webfinger` (FEP-2c59) that does not hold is passed over for the plain one.
 * @throws Permanent `handle-unproven`; RetryLater where a host could not be asked.
 */
export async function proveAccount(
  site: Site,
  actor: Pick<ReadActor, "uri" | "username" | "webfinger">,
  signal?: AbortSignal,
): Promise<Account> {
  const ownHost = hostOf(actor.uri) ?? "";
  const scheme = actor.uri.startsWith("http:") ? "http" : "https";
  const plain = { username: actor.username, host: ownHost };
  const claimed = claimOf(actor.webfinger) ?? plain;
  const claims = sameAccount(claimed, plain) ? [plain] : [claimed, plain];
  let last: unknown;
  for (const claim of claims) {
    try {
      return await prove(site, actor.uri, claim, scheme, signal);
    } catch (error) {
      if (!(error instanceof Permanent)) throw error;
      last = error;
    }
  }
  throw last as Permanent;
}

async function prove(
  site: Site,
  uri: string,
  claim: Account,
  scheme: "http" | "https",
  signal: AbortSignal | undefined,
): Promise<Account> {
  const answer = await lookupWebfinger(site, claim, { scheme, signal });
  requireActor(answer, claim, uri);
  if (sameAccount(answer.subject, claim)) return answer.subject;
  const canonical = await lookupWebfinger(site, answer.subject, { scheme, signal });
  requireActor(canonical, answer.subject, uri);
  if (sameAccount(canonical.subject, answer.subject)) return canonical.subject;
  throw unproven(uri, answer.subject);
}

function requireActor(answer: WebfingerAnswer, account: Account, uri: string): void {
  if (!answer.actors.some((actor) => actor.uri === uri)) throw unproven(uri, account);
}

function unproven(uri: string, account: Account): Permanent {
  const handle = `${account.username}@${account.host}`;
  return new Permanent(`WebFinger of ${handle} does not lead back to ${uri}.`, { code: "handle-unproven" });
}

function claimOf(webfinger: string | undefined): Account | undefined {
  const [username, hostText] = webfinger?.split("@") ?? [];
  const host = hostText === undefined ? undefined : normaliseHost(hostText);
  return username === undefined || host === undefined ? undefined : { username, host };
}

/** Servers spell names with capitals here and without there. */
function sameAccount(one: Account, other: Account): boolean {
  return one.host === other.host && one.username.toLowerCase() === other.username.toLowerCase();
}

/** WebFinger is https only (RFC 7033, section 4); sites under development on one machine speak http. */
function schemeFor(site: Site, host: string, hint: "http" | "https" | undefined): "http" | "https" {
  if (!site.options.allowPrivateNetwork) return "https";
  return hint ?? (/:\d+$|^localhost$|^[\d.]+$|^\[/.test(host) ? "http" : "https");
}
