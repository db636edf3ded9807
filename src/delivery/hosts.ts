import { deliveriesOf, hostsOf } from "./collections.ts";
import { LRUCache } from "lru-cache";
import type { HostRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { DAY, fromNow, MINUTE, SECOND } from "../support/clock.ts";
import { afterFailure, CLEAN, gateOf, type BreakerState, type Gate } from "./breaker.ts";
import { forgiveHost } from "./strikes.ts";

/** Rows of hosts that are neither failing nor spoken to vanish after this. */
const IDLE = 30 * DAY;
/** Hosts remembered in memory, and failing ones in the store: anybody can make us know hosts (CVE-2026-69132). */
const REMEMBERED = 5000;
const STORED = 20_000;
/** How old the memory of a host may be; of a failing one less, since another process may have seen it alive. */
const FRESH = MINUTE;
const FRESH_FAILING = 5 * SECOND;
/** Inbound traffic of a host is looked at so often. */
const SPOKEN = MINUTE;
/** Answers after which a row waits for a reason of its own, which a sign of life does not change. */
const OWN_REASONS = [401, 403, 408, 425, 429];

interface Known {
  state: BreakerState;
  loadedAt: number;
  /** The host asked for a pause (Retry-After); not stored, and no sign of life ends it. */
  pausedUntil?: Date;
}

const books = new WeakMap<Site, HostBook>();

/** What this process knows of the hosts it sends to. */
export function hostBook(site: Site): HostBook {
  let book = books.get(site);
  if (book === undefined) books.set(site, (book = new HostBook(site)));
  return book;
}

export class HostBook {
  readonly #site: Site;
  readonly #known = new LRUCache<string, Known>({ max: REMEMBERED });
  readonly #changed = new Map<string, { code?: number; error?: string }>();
  readonly spoken = new LRUCache<string, number>({ max: REMEMBERED });
  #stored = { count: 0, at: -Infinity };

  constructor(site: Site) {
    this.#site = site;
  }

  /** Reads what the store knows of these hosts, as far as it is not known well enough. */
  async load(hosts: Iterable<string>): Promise<void> {
    const now = this.#site.clock.now().getTime();
    const wanted = [...new Set(hosts)].filter((host) => {
      const known = this.#known.get(host);
      if (known === undefined) return true;
      if (this.#changed.has(host)) return false;
      return now - known.loadedAt >= (known.state.failures === 0 ? FRESH : FRESH_FAILING);
    });
    if (wanted.length === 0) return;
    const rows = await hostsOf(this.#site)
      .find({ _id: { $in: wanted }, failures: { $gt: 0 } })
      .toArray();
    const found = new Map(rows.map((row) => [row._id, row]));
    for (const host of wanted) {
      const row = found.get(host);
      const pausedUntil = this.#known.get(host)?.pausedUntil;
      this.#known.set(host, {
        state: row === undefined ? CLEAN : stateOf(row),
        loadedAt: now,
        ...(pausedUntil === undefined ? {} : { pausedUntil }),
      });
    }
  }

  /** Hosts in memory. */
  get size(): number {
    return this.#known.size;
  }

  gate(host: string): Gate {
    const known = this.#known.get(host);
    if (known === undefined) return { gate: "closed" };
    const now = this.#site.clock.now();
    const gate = gateOf(known.state, now);
    if (gate.gate !== "open" && known.pausedUntil !== undefined && known.pausedUntil > now) {
      return { gate: "open", until: known.pausedUntil };
    }
    return gate;
  }

  /** @returns whether the breaker has just closed: rows that were pushed can come back. */
  alive(host: string): boolean {
    const known = this.#known.get(host);
    if (known === undefined || known.state.failures === 0) return false;
    const wasOpen = known.state.openUntil !== undefined;
    this.#set(host, CLEAN, {});
    return wasOpen;
  }

  /** @returns whether the breaker is open now. */
  failed(host: string, why: { code?: number; error?: string }): boolean {
    const now = this.#site.clock.now();
    const state = afterFailure(this.#known.get(host)?.state ?? CLEAN, now);
    this.#set(host, state, why);
    return gateOf(state, now).gate === "open";
  }

  pause(host: string, until: Date): void {
    const known = this.#known.get(host) ?? { state: CLEAN, loadedAt: this.#site.clock.now().getTime() };
    this.#known.set(host, { ...known, pausedUntil: until });
  }

  isFailing(host: string): boolean {
    return (this.#known.peek(host)?.state.failures ?? 0) > 0;
  }

  /** What the store knows counts again; a pause that the host asked for stays. */
  forget(host: string): void {
    const pausedUntil = this.#known.peek(host)?.pausedUntil;
    this.#changed.delete(host);
    if (pausedUntil === undefined) this.#known.delete(host);
    else this.#known.set(host, { state: CLEAN, loadedAt: -Infinity, pausedUntil });
  }

  /** Writes what has changed since the last time, in one round trip, or in none. */
  async save(): Promise<void> {
    if (this.#changed.size === 0) return;
    const changes = [...this.#changed];
    this.#changed.clear();
    try {
      const full = await this.#isFull();
      const operations = changes.flatMap(([host, why]) => {
        const known = this.#known.peek(host);
        return known === undefined ? [] : [writeOf(this.#site, host, known.state, why, !full)];
      });
      if (operations.length > 0) await hostsOf(this.#site).bulkWrite(operations, { ordered: false });
    } catch (error) {
      for (const [host, why] of changes) if (!this.#changed.has(host)) this.#changed.set(host, why);
      throw error;
    }
  }

  #set(host: string, state: BreakerState, why: { code?: number; error?: string }): void {
    const pausedUntil = this.#known.get(host)?.pausedUntil;
    this.#known.set(host, {
      state,
      loadedAt: this.#site.clock.now().getTime(),
      ...(pausedUntil === undefined ? {} : { pausedUntil }),
    });
    this.#changed.set(host, why);
  }

  async #isFull(): Promise<boolean> {
    const now = this.#site.clock.now().getTime();
    if (now - this.#stored.at > MINUTE) {
      this.#stored = { count: await hostsOf(this.#site).estimatedDocumentCount(), at: now };
    }
    return this.#stored.count >= STORED;
  }
}

function stateOf(row: HostRow): BreakerState {
  return {
    failures: row.failures,
    ...(row.openUntil === undefined ? {} : { openUntil: row.openUntil }),
    ...(row.opened === undefined ? {} : { opened: row.opened }),
  };
}

function writeOf(
  site: Site,
  host: string,
  state: BreakerState,
  why: { code?: number; error?: string },
  upsert: boolean,
) {
  const { openUntil, opened } = state;
  const clean = state.failures === 0;
  const set = {
    failures: state.failures,
    expiresAt: fromNow(site.clock, IDLE),
    ...(openUntil === undefined ? {} : { openUntil }),
    ...(opened === undefined ? {} : { opened }),
    ...(why.code === undefined ? {} : { lastCode: why.code }),
    ...(why.error === undefined ? {} : { lastError: why.error }),
    ...(clean ? { lastSuccessAt: site.clock.now() } : {}),
  };
  const gone: { openUntil?: 1; opened?: 1 } = clean ? { openUntil: 1, opened: 1 } : {};
  const update = clean ? { $set: set, $unset: gone } : { $set: set };
  return { updateOne: { filter: { _id: host }, update, upsert: upsert && !clean } };
}

/**
 * Makes rows that an open breaker pushed away due now. What waits for a reason of its own, such as a 429, stays where it is.
 * It walks the waiting rows; that happens when a host comes back, which is rare, and saves every delivery an index.
 */
export async function bringBack(site: Site, host: string): Promise<void> {
  const now = site.clock.now();
  await deliveriesOf(site).updateMany(
    { nextAt: { $gt: now }, host, lease: { $exists: false }, code: { $nin: OWN_REASONS } },
    { $set: { nextAt: now } },
  );
}

/**
 * Something has come in from this host (`host[:port]`, lower case), so it lives: its breaker closes, what waits for it is
 * due now, and strikes against followers there are forgotten. Cheap enough to be called for every request.
 */
export async function hostSpoke(site: Site, host: string): Promise<void> {
  const book = hostBook(site);
  const now = site.clock.now().getTime();
  const last = book.spoken.get(host);
  const failing = book.isFailing(host);
  if (!failing && last !== undefined && now - last < SPOKEN) return;
  book.spoken.set(host, now);
  const closed = await hostsOf(site).updateOne(
    { _id: host, failures: { $gt: 0 } },
    { $set: { failures: 0, lastSuccessAt: site.clock.now() }, $unset: { openUntil: 1, opened: 1 } },
  );
  if (closed.modifiedCount > 0 || failing) {
    book.forget(host);
    await bringBack(site, host);
    site.wake("delivery");
  }
  await forgiveHost(site, host);
}
