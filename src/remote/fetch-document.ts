import { siteSigner } from "../database/signers.ts";
import { parseJson, type JsonObject } from "../documents/read.ts";
import { NetworkError, type Fetched } from "../network/network.ts";
import type { Site } from "../site.ts";
import { MINUTE } from "../support/clock.ts";
import { Permanent, RetryLater } from "../support/errors.ts";
import { hostOf } from "../support/urls.ts";
import { isBlockedHost } from "./hosts.ts";
import { memoryOf } from "./memory.ts";

/** What is asked for; the second spelling is all that a few old servers know. */
export const ACTIVITY_ACCEPT =
  'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"';

/** Why there is no document. `retry`: the same question may have another answer later. */
export type FetchReason =
  | "blocked"
  | "ours"
  | "over-budget"
  | "gone"
  | "missing"
  | "refused"
  | "unreachable"
  | "not-fetchable"
  | "wrong-type"
  | "malformed";

export interface FetchMiss {
  ok: false;
  reason: FetchReason;
  retry: boolean;
  /** For the log. */
  detail: string;
}

/** `remembered`: read a moment ago, not now. */
export type DocumentResult = { ok: true; document: JsonObject; url: string; remembered?: true } | FetchMiss;

export interface FetchDocumentOptions {
  /** `activity` demands an ActivityPub media type; `jrd` takes any JSON and follows redirects to other hosts. */
  kind: "activity" | "jrd";
  signal?: AbortSignal | undefined;
  /** Take it from, and leave it in, the short memory of actor documents. */
  remember?: boolean;
}

const REMEMBERED = MINUTE;

/**
 * The one way this room fetches: from no blocked host and not from ourselves, within the host's budget, signed by the
 * site's own actor, and only documents that say what they are. A file that somebody uploaded to a server is served as
 * `application/json` or `text/plain`; taken for ActivityPub it would speak with the server's authority.
 */
export async function fetchDocument(
  site: Site,
  uri: string,
  options: FetchDocumentOptions,
): Promise<DocumentResult> {
  const url = uri.replace(/#.*$/s, "");
  const host = hostOf(url);
  if (host === undefined || !/^https?:/i.test(url)) return miss("not-fetchable", false, "no http(s) URL");
  if (site.urls.isOurs(url)) return miss("ours", false, "it is on this site");
  if (isBlockedHost(site, host)) return miss("blocked", false, `${host} is blocked`);
  const memory = memoryOf(site);
  const now = site.clock.now();
  if (options.remember === true) {
    const known = memory.documents.get(url);
    if (known !== undefined && now.getTime() - known.at.getTime() < REMEMBERED)
      return { ok: true, document: known.document, url, remembered: true };
  }
  return memory.flights.run(`${options.kind} ${url}`, async () => {
    if (!memory.budget.take(host, now)) return miss("over-budget", true, `too much is fetched from ${host}`);
    const result = await memory.fetches.run(() => get(site, url, options));
    if (!result.ok) return result;
    if (options.kind === "activity") {
      memory.documents.set(url, { document: result.document, at: now }, { size: result.bytes });
    }
    return { ok: true, document: result.document, url: result.url };
  });
}

/** Forgets a document of the short memory: the next look goes to its origin. */
export function forgetDocument(site: Site, uri: string): void {
  memoryOf(site).documents.delete(uri.replace(/#.*$/s, ""));
}

/** The miss as what a worker understands. `code` names the subject: `actor`, `object`, `webfinger`. */
export function missError(subject: string, uri: string, found: FetchMiss): RetryLater | Permanent {
  const text = `${uri} could not be fetched: ${found.detail}.`;
  const code = `${subject}-${found.reason}`;
  return found.retry ? new RetryLater(text, { code }) : new Permanent(text, { code });
}

type Got = { ok: true; document: JsonObject; url: string; bytes: number } | FetchMiss;

async function get(site: Site, url: string, options: FetchDocumentOptions): Promise<Got> {
  const isActivity = options.kind === "activity";
  let fetched: Fetched;
  try {
    fetched = await site.network.get(url, {
      accept: isActivity ? ACTIVITY_ACCEPT : "application/jrd+json, application/json",
      ...(isActivity ? { signer: await siteSigner(site.models) } : {}),
      sameHostRedirects: isActivity,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  } catch (error) {
    if (error instanceof NetworkError)
      return miss(error.retryable ? "unreachable" : "not-fetchable", error.retryable, error.message);
    throw error;
  }
  const { status } = fetched;
  if (status === 410) return miss("gone", false, "410 Gone");
  if (status === 404) return miss("missing", false, "404 Not Found");
  // Their server may have failed to fetch our key, or know us not yet.
  if (status === 401 || status === 403) return miss("refused", true, `status ${status}`);
  if (status === 408 || status === 429 || status >= 500) return miss("unreachable", true, `status ${status}`);
  if (status < 200 || status > 299) return miss("not-fetchable", false, `status ${status}`);
  if (isActivity && !isActivityType(fetched.contentType))
    return miss("wrong-type", false, `its media type is "${fetched.contentType.slice(0, 80)}"`);
  const parsed = parseJson(fetched.body);
  if (!parsed.ok) return miss("malformed", false, parsed.reason);
  return { ok: true, document: parsed.value, url: fetched.url, bytes: Math.max(1, fetched.body.length) };
}

/** Is this the media type of an ActivityPub document (section 3.2)? `ld+json` counts with the profile only. */
export function isActivityType(contentType: string): boolean {
  const [type = "", ...parameters] = contentType.toLowerCase().split(";");
  if (type.trim() === "application/activity+json") return true;
  return (
    type.trim() === "application/ld+json" &&
    parameters.some((text) => /^\s*profile\s*=/.test(text) && text.includes("www.w3.org/ns/activitystreams"))
  );
}

function miss(reason: FetchReason, retry: boolean, detail: string): FetchMiss {
  return { ok: false, reason, retry, detail };
}
