import type { DeliveryRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { DAY, fromNow } from "../support/clock.ts";
import { verdict, type Verdict } from "./schedule.ts";
import type { Outcome } from "./send.ts";

/** Longest text kept of an error; enough to tell the owner, too little to fill the store. */
const LONGEST_ERROR = 200;

/** How an attempt ended: what is written into its row. */
export interface Ending {
  row: DeliveryRow;
  verdict: Verdict;
  code?: number;
  error?: string;
}

/** The ending that an attempt at `row` leads to. */
export function endingOf(row: DeliveryRow, outcome: Outcome, now: Date, random: () => number): Ending {
  const history = { attempts: row.attempts + 1, previousCode: row.code, createdAt: row.createdAt };
  const judged = verdict(outcome, history, now, random);
  if (!outcome.answered) return { row, verdict: judged, error: outcome.error };
  const { code, text } = outcome;
  const explained = judged.state !== "delivered" && text !== undefined && text !== "";
  return { row, verdict: judged, code, ...(explained ? { error: text } : {}) };
}

/** The parts of MongoDB's bulk writes that are used here. */
export type Operation =
  | { updateMany: { filter: Record<string, unknown>; update: Record<string, unknown> } }
  | { updateOne: { filter: Record<string, unknown>; update: Record<string, unknown> } };

/**
 * The writes for a batch of endings. What was delivered is one statement however many inboxes; each only touches rows
 * that `lease` still holds.
 */
export function endingWrites(site: Site, endings: Ending[], lease: string): Operation[] {
  const delivered = new Map<number, number[]>();
  const writes: Operation[] = [];
  for (const { row, verdict, code, error } of endings) {
    if (verdict.state === "delivered" && code !== undefined) {
      const ids = delivered.get(code);
      if (ids === undefined) delivered.set(code, [row._id]);
      else ids.push(row._id);
      continue;
    }
    const pending = verdict.state === "pending";
    writes.push({
      updateOne: {
        filter: { _id: row._id, lease },
        update: {
          $set: {
            ...(code === undefined ? {} : { code }),
            ...(error === undefined ? {} : { error: shortened(error) }),
            ...(pending ? { nextAt: verdict.nextAt } : ended(site, verdict.state)),
          },
          $inc: { attempts: 1 },
          $unset: {
            lease: 1,
            ...(pending ? {} : { nextAt: 1 }),
            ...(code === undefined ? { code: 1 } : {}),
          },
        },
      },
    });
  }
  for (const [code, ids] of delivered) {
    writes.push({
      updateMany: {
        filter: { _id: { $in: ids }, lease },
        update: {
          $set: { code, ...ended(site, "delivered") },
          $inc: { attempts: 1 },
          $unset: { nextAt: 1, lease: 1, error: 1 },
        },
      },
    });
  }
  return writes;
}

/** The fields of a row that waits for nothing any more. */
export function ended(site: Site, state: "delivered" | "failed" | "cancelled"): Partial<DeliveryRow> {
  const { keepDelivered, keepFailed } = site.options.delivery;
  const days = state === "failed" ? keepFailed : keepDelivered;
  return { state, endedAt: site.clock.now(), expiresAt: fromNow(site.clock, days * DAY) };
}

/** One line of the foreign text: it ends up in logs and on the owner's screen. */
function shortened(error: string): string {
  return error
    .replace(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, LONGEST_ERROR);
}
