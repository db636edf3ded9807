import type { Plan, Range } from "../query/plan.ts";
import type { Collection } from "./catalog.ts";
import { spaceKey } from "./catalog.ts";
import type { Stored } from "./documents.ts";
import type { Entry, Kv } from "./kv.ts";
import { currentSlice, sliceIsOver } from "./task.ts";

/** Candidates one by one; undefined is a point where the task may pause. */
export type Candidates = Generator<Stored | undefined, void, undefined>;

const firstChunk = 16;
const largestChunk = 512;
const chunkBytes = 1_048_576;

/**
 * The pairs of a range in chunks: no iterator of the database stays open while they are looked at, so a cursor
 * that is never finished pins no old pages. What is left of a chunk after a pause is read again, since others may
 * have changed it.
 */
class ChunkedRange {
  readonly #kv: Kv;
  readonly #reverse: boolean;
  #lo: Buffer;
  #hi: Buffer;
  #chunk: Entry[] = [];
  #at = 0;
  #size = firstChunk;
  #done = false;
  #slice = -1;
  #last: Buffer | undefined;

  constructor(kv: Kv, space: number, range: Range, reverse: boolean) {
    this.#kv = kv;
    this.#lo = spaceKey(space, range.lo);
    this.#hi = spaceKey(space, range.hi);
    this.#reverse = reverse;
  }

  /** The next pair without taking it. */
  peek(): Entry | undefined {
    const stale = this.#slice !== currentSlice();
    if (
      stale ? this.#at < this.#chunk.length || !this.#done : this.#at >= this.#chunk.length && !this.#done
    ) {
      this.#fill();
    }
    return this.#chunk[this.#at];
  }

  take(): Entry | undefined {
    const entry = this.peek();
    if (entry !== undefined) {
      this.#at++;
      this.#last = entry.key;
    }
    return entry;
  }

  /** Whether the next take reads from the database: a good moment to pause. */
  get atChunkEnd(): boolean {
    return this.#at >= this.#chunk.length;
  }

  #fill(): void {
    if (this.#last !== undefined) {
      if (this.#reverse) this.#hi = this.#last;
      else this.#lo = Buffer.concat([this.#last, Buffer.alloc(1)]);
    }
    this.#slice = currentSlice();
    const chunk: Entry[] = [];
    let bytes = 0;
    let full = false;
    for (const entry of this.#kv.range(this.#lo, this.#hi, this.#reverse)) {
      chunk.push(entry);
      bytes += entry.value.length + entry.key.length;
      full = chunk.length >= this.#size || bytes >= chunkBytes;
      if (full) break;
    }
    this.#done = !full;
    this.#chunk = chunk;
    this.#at = 0;
    this.#size = Math.min(largestChunk, this.#size * 2);
  }
}

function toStored(kv: Kv, collection: Collection, plan: Plan, entry: Entry): Stored | undefined {
  if (plan.index.primary) return { id: entry.key.subarray(4), bytes: entry.value };
  const bytes = kv.get(spaceKey(collection.id, entry.value));
  return bytes === undefined ? undefined : { id: entry.value, bytes };
}

function single(kv: Kv, collection: Collection, plan: Plan, range: Range): Stored | undefined {
  const value = kv.get(spaceKey(plan.index.id, range.lo));
  if (value === undefined) return undefined;
  if (plan.index.primary) return { id: range.lo, bytes: value };
  const bytes = kv.get(spaceKey(collection.id, value));
  return bytes === undefined ? undefined : { id: value, bytes };
}

function* inTurn(kv: Kv, collection: Collection, plan: Plan): Candidates {
  const ranges = plan.reverse ? [...plan.ranges].reverse() : plan.ranges;
  let count = 0;
  for (const range of ranges) {
    if (range.single) {
      const found = single(kv, collection, plan, range);
      if (found !== undefined) yield found;
      if (++count % 32 === 0 && sliceIsOver()) yield undefined;
      continue;
    }
    const chunks = new ChunkedRange(kv, plan.index.id, range, plan.reverse);
    for (;;) {
      if ((chunks.atChunkEnd || ++count % 32 === 0) && sliceIsOver()) yield undefined;
      const entry = chunks.take();
      if (entry === undefined) break;
      const found = toStored(kv, collection, plan, entry);
      if (found !== undefined) yield found;
    }
  }
}

/** Several ranges with equal prefixes, merged by what follows the prefix. */
function* merged(kv: Kv, collection: Collection, plan: Plan): Candidates {
  const sign = plan.reverse ? -1 : 1;
  const groups = new Map<string, { ranges: Range[]; prefix: number }>();
  for (const range of plan.ranges) {
    const id = range.lo.toString("latin1", 0, range.prefix);
    const group = groups.get(id) ?? { ranges: [], prefix: range.prefix + 4 };
    groups.set(id, group);
    group.ranges.push(range);
  }
  const streams = [...groups.values()].map(({ ranges, prefix }) => {
    const ordered = plan.reverse ? [...ranges].reverse() : ranges;
    return {
      chunks: ordered.map((range) => new ChunkedRange(kv, plan.index.id, range, plan.reverse)),
      prefix,
    };
  });
  for (;;) {
    if (sliceIsOver()) yield undefined;
    let chosen: { chunk: ChunkedRange; entry: Entry; rest: Buffer } | undefined;
    for (const stream of streams) {
      const chunk = stream.chunks.find((candidate) => candidate.peek() !== undefined);
      const entry = chunk?.peek();
      if (chunk === undefined || entry === undefined) continue;
      const rest = entry.key.subarray(stream.prefix);
      if (chosen === undefined || Buffer.compare(rest, chosen.rest) * sign < 0)
        chosen = { chunk, entry, rest };
    }
    if (chosen === undefined) return;
    chosen.chunk.take();
    const found = toStored(kv, collection, plan, chosen.entry);
    if (found !== undefined) yield found;
  }
}

function* unioned(kv: Kv, collection: Collection, plans: readonly Plan[]): Candidates {
  for (const plan of plans) yield* candidates(kv, collection, plan);
}

/** Reads the candidates of a plan; each document comes once, however many of its entries lie in the ranges. */
export function* candidates(kv: Kv, collection: Collection, plan: Plan): Candidates {
  const source =
    plan.union !== undefined
      ? unioned(kv, collection, plan.union)
      : plan.merge
        ? merged(kv, collection, plan)
        : inTurn(kv, collection, plan);
  if (plan.union === undefined && !plan.index.multikey) {
    yield* source;
    return;
  }
  const seen = new Set<string>();
  for (const candidate of source) {
    if (candidate !== undefined) {
      const id = candidate.id.toString("latin1");
      if (seen.has(id)) continue;
      seen.add(id);
    }
    yield candidate;
  }
}

/** How many entries lie in a plan's ranges. */
export function countEntries(kv: Kv, plan: Plan): number {
  let total = 0;
  for (const range of plan.ranges) {
    if (range.single) total += kv.get(spaceKey(plan.index.id, range.lo)) === undefined ? 0 : 1;
    else total += kv.count(spaceKey(plan.index.id, range.lo), spaceKey(plan.index.id, range.hi));
  }
  return total;
}
