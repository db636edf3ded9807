import { lookupWebfinger } from "../remote/webfinger.ts";
import type { Site } from "../site.ts";
import { Permanent, RetryLater } from "../support/errors.ts";
import type { Handle } from "../text/handles.ts";
import { onwardUrl, type Intent } from "./onward.ts";

/** Where a visitor goes on, or what to tell them. */
export type OwnServer = { ok: true; url: string } | { ok: false; status: number; problem: string };

/** Nobody waits longer for a form. */
const PATIENCE = 8000;

/**
 * Asks the server in a visitor's handle for the page where its people follow or answer others.
 * @param uri id of the account or post in question.
 */
export async function findOwnServer(
  site: Site,
  handle: Handle,
  intent: Intent,
  uri: string,
): Promise<OwnServer> {
  const { host, username } = handle;
  if (host === site.urls.host) {
    return problem(
      `${host} is this site. Type the handle of your own account, from the server where you have it.`,
    );
  }
  try {
    const answer = await lookupWebfinger(site, { username, host }, { signal: AbortSignal.timeout(PATIENCE) });
    const url = onwardUrl(answer, host, intent, uri, { insecure: site.options.allowPrivateNetwork });
    if (url !== undefined) return { ok: true, url };
    return problem(
      `${host} knows you, but does not say how to take you there. Copy what stands below and search for it on ${host}.`,
    );
  } catch (error) {
    if (!(error instanceof Permanent || error instanceof RetryLater)) throw error;
    return problem(explain(error.code, host, username), error instanceof RetryLater ? 502 : 422);
  }
}

function problem(text: string, status = 422): OwnServer {
  return { ok: false, status, problem: text };
}

function explain(code: string, host: string, username: string): string {
  switch (code) {
    case "webfinger-missing":
    case "webfinger-gone":
      return `${host} does not know anybody called ${username}. Is the handle spelt right?`;
    case "webfinger-blocked":
      return `This site and ${host} do not speak with each other.`;
    case "webfinger-over-budget":
      return `${host} has been asked a lot just now. Please try again in a minute.`;
    case "webfinger-unreachable":
      return `${host} does not answer. Is the name of your server spelt right? Otherwise try again later.`;
    default:
      return `${host} does not answer as a fediverse server does. Is the name of your server spelt right?`;
  }
}
