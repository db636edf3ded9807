import { parseJson } from "../../documents/read.ts";
import { readActivity } from "../../documents/read-activity.ts";
import { announce, type Site } from "../../site.ts";
import { SECOND } from "../../support/clock.ts";
import { Permanent, reasonOf, RetryLater } from "../../support/errors.ts";
import { Semaphore } from "../../support/semaphore.ts";
import { hostOf } from "../../support/urls.ts";
import { claimDue, finish, giveBack, putOff, renew, type Claimed } from "./claim.ts";
import { countAgain } from "./count-again.ts";
import { dispatch } from "./dispatch.ts";
import { pauseAfter, TRIES } from "./retry.ts";

/** Activities in work at once; each may wait for another server. */
const CONCURRENCY = 16;
/** Rows claimed at once, so that the store is not asked for each one. */
const CLAIM = 48;
/** Of one host, which may let each of its people's activities wait for it. */
const HOST_CONCURRENCY = 6;
/** Rows held at the most. They are more than are in work, since those of one slow actor or host wait for each other. */
const MOST_HELD = 256;
/** A host with so many is left out of the next claim. */
const HOST_HELD = 32;
const RENEW_EVERY = 30 * SECOND;

/** What is held of one host. */
interface Guest {
  held: number;
  lanes: Set<string>;
  gate: Semaphore;
}

export interface InboxWorker {
  /** Works until nothing is due, or until it is stopped. A second call joins the first. */
  drain(): Promise<void>;
  /** More has arrived: it is claimed although what is in work waits for a slow server. */
  nudge(): void;
  /** Finishes what is in work and gives back the rest. */
  stop(): Promise<void>;
}

/**
 * Does what arrived and was acknowledged. Any number of these, in any number of processes, share the work by leases.
 * Activities of one actor are done in order within a worker; what order the network gave them, the handlers bear.
 */
export function createInboxWorker(site: Site): InboxWorker {
  let stopping = false;
  let draining: Promise<void> | undefined;
  const held = new Set<Claimed>();
  const guests = new Map<string, Guest>();
  const slots = new Semaphore(CONCURRENCY);
  let nudge = (): void => undefined;

  async function drain(): Promise<void> {
    const lanes = new Map<string, Promise<void>>();
    const beat = setInterval(
      () => void renew(site, [...held]).catch((error: unknown) => report(site, error)),
      RENEW_EVERY,
    );
    beat.unref();
    try {
      while (!stopping) {
        const nudged = new Promise<void>((resolve) => (nudge = resolve));
        const hasRoom = (): boolean => inWork() < CONCURRENCY && held.size < MOST_HELD;
        const crowding = [...guests].filter(([, guest]) => guest.held >= HOST_HELD).map(([host]) => host);
        const rows = hasRoom() ? await claimDue(site, CLAIM, crowding) : [];
        if (rows.length === 0 && lanes.size === 0) return;
        for (const claimed of rows) queue(lanes, claimed);
        if (rows.length === 0 || !hasRoom()) await Promise.race([nudged, ...lanes.values()]);
      }
    } finally {
      await Promise.all(lanes.values());
      clearInterval(beat);
    }
  }

  /** Lanes that can go on; the others wait for their host's. */
  function inWork(): number {
    let count = 0;
    for (const { lanes } of guests.values()) count += Math.min(lanes.size, HOST_CONCURRENCY);
    return count;
  }

  /** One lane an actor, so that a Create is done before its Update when both are here. */
  function queue(lanes: Map<string, Promise<void>>, claimed: Claimed): void {
    held.add(claimed);
    const { actor } = claimed.row;
    const host = hostOf(actor) ?? "";
    const guest = guests.get(host) ?? { held: 0, lanes: new Set(), gate: new Semaphore(HOST_CONCURRENCY) };
    guests.set(host, guest);
    guest.held += 1;
    guest.lanes.add(actor);
    const before = lanes.get(actor) ?? Promise.resolve();
    const lane = before.then(() => guest.gate.run(() => slots.run(() => work(claimed))));
    const ended = lane.finally(() => {
      held.delete(claimed);
      guest.held -= 1;
      if (guest.held === 0) guests.delete(host);
      if (lanes.get(actor) !== ended) return;
      lanes.delete(actor);
      guest.lanes.delete(actor);
    });
    lanes.set(actor, ended);
  }

  async function work(claimed: Claimed): Promise<void> {
    try {
      if (stopping) await giveBack(site, claimed);
      else await handle(site, claimed);
    } catch (error) {
      // The store failed us in the middle: the lease runs out, and the row is due again.
      report(site, error);
    }
  }

  return {
    drain() {
      draining ??= drain().finally(() => (draining = undefined));
      return draining;
    },
    nudge: () => nudge(),
    async stop() {
      stopping = true;
      nudge();
      await draining?.catch(() => undefined);
    },
  };
}

async function handle(site: Site, claimed: Claimed): Promise<void> {
  const { row } = claimed;
  const fields = { id: row._id, type: row.type, actor: row.actor };
  if (row.attempts > TRIES)
    return finish(site, claimed, "failed", "ended the process each time it was tried");
  const parsed = parseJson(row.body);
  const read = parsed.ok ? readActivity(parsed.value) : parsed;
  if (!read.ok) return finish(site, claimed, "failed", `cannot be read any more: ${read.reason}`);
  try {
    const outcome = await dispatch(site, read.activity);
    // Maybe between a row and its count.
    if (claimed.brokenOff) await countAgain(site, read.activity);
    const text = outcome.done ? outcome.what : outcome.why;
    site.logger.debug({ ...fields, outcome: text }, outcome.done ? "inbox: done" : "inbox: ignored");
    await finish(site, claimed, outcome.done ? "done" : "ignored", text);
  } catch (error) {
    await settle(site, claimed, error);
  }
}

async function settle(site: Site, claimed: Claimed, error: unknown): Promise<void> {
  const { row } = claimed;
  const reason = reasonOf(error);
  const fields = { id: row._id, type: row.type, actor: row.actor, attempts: row.attempts, reason };
  if (error instanceof Permanent) {
    site.logger.info(fields, "inbox: cannot be done");
    return finish(site, claimed, "failed", `${error.code}: ${reason}`);
  }
  if (!(error instanceof RetryLater)) report(site, error);
  const pause = pauseAfter(row.attempts);
  if (pause === undefined) {
    site.logger.info(fields, "inbox: given up");
    return finish(site, claimed, "failed", `given up after ${row.attempts} tries: ${reason}`);
  }
  site.logger.debug(fields, "inbox: will be tried again");
  // To wait for another server breaks nothing off: no handler asks one between a row and its count.
  if (error instanceof RetryLater)
    return putOff(site, claimed, error.after ?? pause, reason, claimed.brokenOff);
  return putOff(site, claimed, pause, reason, true);
}

function report(site: Site, error: unknown): void {
  site.logger.warn(
    { error: reasonOf(error), stack: error instanceof Error ? error.stack : undefined },
    "inbox: work failed; it will be tried again",
  );
  announce(site, "error", error instanceof Error ? error : new Error(String(error)));
}
