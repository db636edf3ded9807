/** What a lane carries: anything bound for a host. */
export interface Bound {
  host: string;
}

interface Lane<Row> {
  queue: Row[];
  flying: number;
  limit: number;
}

/**
 * Rows held in memory, a queue for each host, handed out in turn: a host with thousands of rows waits for its own
 * answers and not before everybody else's. Holds at most `depth` rows a host.
 */
export class Lanes<Row extends Bound> {
  readonly #lanes = new Map<string, Lane<Row>>();
  /** Hosts that could send now, the one that waits longest first. */
  readonly #ready = new Set<string>();
  readonly #perHost: number;
  readonly #depth: number;
  #queued = 0;
  #flying = 0;

  constructor(options: { perHost: number; depth: number }) {
    this.#perHost = options.perHost;
    this.#depth = options.depth;
  }

  get queued(): number {
    return this.#queued;
  }
  get flying(): number {
    return this.#flying;
  }

  /** How many more rows the host's queue takes. With `probe`, one at a time in all. */
  room(host: string, probe = false): number {
    const lane = this.#lanes.get(host);
    if (probe) return lane === undefined ? 1 : Math.max(0, 1 - lane.queue.length - lane.flying);
    return this.#depth - (lane?.queue.length ?? 0);
  }

  add(row: Row, probe = false): void {
    let lane = this.#lanes.get(row.host);
    if (lane === undefined) {
      lane = { queue: [], flying: 0, limit: this.#perHost };
      this.#lanes.set(row.host, lane);
    }
    lane.limit = probe ? 1 : this.#perHost;
    lane.queue.push(row);
    this.#queued += 1;
    this.#consider(row.host, lane);
  }

  /** The next row to send; it counts as in flight until `landed`. */
  next(): Row | undefined {
    for (const host of this.#ready) {
      this.#ready.delete(host);
      const lane = this.#lanes.get(host);
      const row = lane?.queue.shift();
      if (lane === undefined || row === undefined) continue;
      lane.flying += 1;
      this.#flying += 1;
      this.#queued -= 1;
      this.#consider(host, lane);
      return row;
    }
    return undefined;
  }

  landed(host: string): void {
    const lane = this.#lanes.get(host);
    if (lane === undefined) return;
    lane.flying -= 1;
    this.#flying -= 1;
    if (lane.flying === 0 && lane.queue.length === 0) this.#lanes.delete(host);
    else this.#consider(host, lane);
  }

  /** Takes out what waits for `host`, or for every host. */
  clear(host?: string): Row[] {
    const taken: Row[] = [];
    for (const name of host === undefined ? [...this.#lanes.keys()] : [host]) {
      const lane = this.#lanes.get(name);
      if (lane === undefined) continue;
      taken.push(...lane.queue.splice(0));
      this.#ready.delete(name);
      if (lane.flying === 0) this.#lanes.delete(name);
    }
    this.#queued -= taken.length;
    return taken;
  }

  #consider(host: string, lane: Lane<Row>): void {
    if (lane.queue.length > 0 && lane.flying < lane.limit) this.#ready.add(host);
  }
}

/**
 * When the rows of a host that did not fit into its lane should come back: one after the other at the pace the host has
 * shown, so that each is looked at once or twice and not on every claim.
 */
export class Overflow {
  readonly #tails = new Map<string, { at: number; pace: number }>();
  readonly #perHost: number;

  constructor(perHost: number) {
    this.#perHost = perHost;
  }

  /** Remembers how long the host took, in milliseconds; the newest counts for a fifth. */
  took(host: string, milliseconds: number): void {
    const tail = this.#tails.get(host);
    if (tail !== undefined) tail.pace += (Math.min(milliseconds, SLOWEST) - tail.pace) / 5;
  }

  next(host: string, now: Date): Date {
    const earliest = now.getTime() + SHORTEST;
    const tail = this.#tails.get(host) ?? { at: earliest, pace: TYPICAL };
    tail.at = Math.min(Math.max(tail.at + tail.pace / this.#perHost, earliest), now.getTime() + LONGEST);
    this.#tails.set(host, tail);
    return new Date(tail.at);
  }

  /** Forgets hosts whose last row is due; called now and then. */
  tidy(now: Date): void {
    for (const [host, tail] of this.#tails) if (tail.at < now.getTime()) this.#tails.delete(host);
  }
}

const TYPICAL = 100;
const SLOWEST = 10_000;
/** Long enough for the lane to have moved, short enough to be no pause that somebody notices. */
const SHORTEST = 500;
const LONGEST = 600_000;
