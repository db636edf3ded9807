import type { Request, Response } from "express";
import { isAway } from "../../database/connect.ts";
import type { Site } from "../../site.ts";
import { FediverseError, reasonOf } from "../../support/errors.ts";
import { refuse, type Knock, type Step, type Verdict } from "./knock.ts";
import { keep, recipient } from "./steps-keeping.ts";
import { keyOfActorsHost, signature, signatureForm } from "./steps-proof.ts";
import { activity, blockedHost, body, json, mediaType, strangersOwnDelete } from "./steps-reading.ts";

/**
 * The inbox, cheapest check first (ActivityPub 7, server to server). Nothing but `signature` reaches out to the network,
 * nothing but `keep` writes, and only what is stored is answered 202 as accepted.
 */
export const DOOR: readonly Step[] = [
  { name: "media-type", run: mediaType },
  { name: "body", run: body },
  { name: "json", run: json },
  { name: "activity", run: activity },
  { name: "blocked-host", run: blockedHost },
  { name: "strangers-own-delete", run: strangersOwnDelete },
  { name: "signature-form", run: signatureForm },
  { name: "key-of-actors-host", run: keyOfActorsHost },
  { name: "signature", run: signature },
  { name: "recipient", run: recipient },
  { name: "keep", run: keep },
];

/** Seconds to stay away while the store is not there. */
const STORE_PAUSE = 30;

/** Lets a request through the door, and answers it whatever happens. */
export async function openDoor(
  site: Site,
  request: Request,
  response: Response,
  username?: string,
): Promise<void> {
  const knock: Knock = { site, request, ...(username === undefined ? {} : { username }) };
  let at = "";
  let verdict: Verdict | undefined;
  try {
    for (const step of DOOR) {
      at = step.name;
      verdict = await step.run(knock);
      if (verdict !== undefined) break;
    }
  } catch (error) {
    verdict = trouble(site, at, error);
  }
  log(knock, at, verdict);
  answer(response, verdict ?? refuse(500, "no-verdict", "The request came to no end."));
}

/** Nothing was acknowledged, so the sender's queue brings it again. */
function trouble(site: Site, step: string, error: unknown): Verdict {
  if (isAway(error) || (error instanceof FediverseError && error.status === 503)) {
    const text = "This site's database cannot be reached right now. Please send it again.";
    return refuse(503, "store-unavailable", text, { retryAfter: STORE_PAUSE });
  }
  site.logger.error(
    { step, error: reasonOf(error), stack: error instanceof Error ? error.stack : undefined },
    "an activity could not be taken in",
  );
  return refuse(500, "internal", "Something went wrong here. Please send it again.", {
    retryAfter: STORE_PAUSE,
  });
}

function log(
  { site, activity, signature, username }: Knock,
  step: string,
  verdict: Verdict | undefined,
): void {
  const fields = {
    step,
    status: verdict?.status,
    reason: verdict?.reason,
    type: activity?.type,
    id: activity?.id,
    actor: activity?.actor,
    keyId: signature?.keyId,
    inbox: username,
  };
  if (verdict !== undefined && verdict.status < 300) site.logger.debug(fields, "inbox: taken in");
  else site.logger.info(fields, "inbox: refused");
}

function answer(response: Response, verdict: Verdict): void {
  if (response.headersSent || response.destroyed) return;
  response.status(verdict.status).set({ "Cache-Control": "no-store" });
  if (verdict.retryAfter !== undefined) response.set("Retry-After", String(verdict.retryAfter));
  if (verdict.status === 401) {
    response.set("WWW-Authenticate", 'Signature headers="(request-target) host date digest"');
  }
  if (verdict.hangUp === true) response.set("Connection", "close");
  if (verdict.error === undefined) response.end();
  else response.json({ error: verdict.error, reason: verdict.reason });
}
