import { activitiesOf } from "./collections.ts";
import { LRUCache } from "lru-cache";
import type { ActivityRow, DeliveryRow } from "../database/rows.ts";
import { signerOf } from "../database/signers.ts";
import { NetworkError } from "../network/network.ts";
import type { Site } from "../site.ts";
import { reasonOf } from "../support/errors.ts";
import type { Attempt } from "./schedule.ts";

/** The one media type that every inbox takes; Mastodon sends the same. */
const CONTENT_TYPE = "application/activity+json";
/** Bytes of bodies kept: one post to thousands of inboxes is read once, a hundred long posts do not fill the memory. */
const BODIES = 16 * 1024 * 1024;
/** Only a mistake of ours or of the actor's document; waiting mends none of them. */
const FINAL = new Set(["bad-url", "forbidden-scheme", "forbidden-port", "forbidden-address"]);

/** What came of an attempt, with the first words of the answer. */
export type Outcome = Attempt & { text?: string };

export interface Payload {
  body: Buffer;
  digest: string;
}

/** Bodies of activities by id; they never change. */
export class Bodies {
  readonly #cache = new LRUCache<number, Payload>({
    maxSize: BODIES,
    sizeCalculation: ({ body }) => body.length + 100,
  });
  readonly #loading = new Map<number, Promise<Payload | undefined>>();
  readonly #site: Site;

  constructor(site: Site) {
    this.#site = site;
  }

  /** `undefined` when the activity is no more. */
  of(activity: number): Payload | undefined | Promise<Payload | undefined> {
    const cached = this.#cache.get(activity);
    if (cached !== undefined) return cached;
    let loading = this.#loading.get(activity);
    if (loading === undefined) {
      loading = this.#load(activity).finally(() => this.#loading.delete(activity));
      this.#loading.set(activity, loading);
    }
    return loading;
  }

  async #load(activity: number): Promise<Payload | undefined> {
    const row = (await activitiesOf(this.#site).findOne(
      { _id: activity },
      { projection: { body: 1, digest: 1 } },
    )) as Pick<ActivityRow, "body" | "digest"> | null;
    if (row === null) return undefined;
    const payload = { body: Buffer.from(row.body), digest: row.digest };
    this.#cache.set(activity, payload);
    return payload;
  }
}

/**
 * One attempt at one delivery. Whatever the other server does is an answer; it rejects only when our own store fails.
 * @param timeout milliseconds until it is given up.
 */
export async function attempt(
  site: Site,
  row: DeliveryRow,
  payload: Payload,
  timeout: number,
): Promise<Outcome> {
  const signer = await signerOf(site.models, row.actor);
  try {
    const answer = await site.network.post(row.inbox, {
      body: payload.body,
      contentType: CONTENT_TYPE,
      digest: payload.digest,
      signer,
      timeout,
    });
    return {
      answered: true,
      code: answer.status,
      retryAfter: answer.headers["retry-after"],
      text: answer.text,
    };
  } catch (error) {
    const final = error instanceof NetworkError && FINAL.has(error.code);
    return { answered: false, error: reasonOf(error), final, ours: final };
  }
}
