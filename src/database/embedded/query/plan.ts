import { invert, keptOf, shorten, successor } from "../bson/keys.ts";
import type { Doc } from "../bson/value.ts";
import { asNumber, isDoc } from "../bson/value.ts";
import type { Value } from "../bson/value.ts";
import { codes, notImplemented, StoreError } from "../errors.ts";
import type { Collection, Index } from "../storage/catalog.ts";
import { indexKey } from "../storage/catalog.ts";
import { fieldLimit, idLimit } from "../storage/index-keys.ts";
import { equal } from "../bson/compare.ts";
import type { Constraint, Constraints } from "./constraints.ts";
import { best, combine, constraintsOf } from "./constraints.ts";
import type { Interval } from "./intervals.ts";
import { endOf, everything, isPoint, point, startOf } from "./intervals.ts";
import type { Node } from "./node.ts";
import { orderOf } from "./order.ts";
import type { SortField } from "./sort.ts";

/** One stretch of an index, without the space's number: `lo <= key < hi`. */
export interface Range {
  readonly lo: Buffer;
  readonly hi: Buffer;
  /** `lo` is the whole key of a unique index: one get instead of a scan. */
  readonly single: boolean;
  /** How many bytes of each key are the equality prefix; streams are merged by what follows. */
  readonly prefix: number;
}

/** How the candidates for a query are read. The query itself is always tested on the document, too. */
export interface Plan {
  readonly index: Index;
  readonly ranges: readonly Range[];
  readonly reverse: boolean;
  /** The candidates come in the order asked for. */
  readonly ordered: boolean;
  /** The ranges have to be merged to be in order. */
  readonly merge: boolean;
  /** The entries in the ranges are exactly the matching documents, so a count need not read them. */
  readonly covered: boolean;
  /** Branches of an `$or`, each with a plan of its own; the rest of this plan is then unused. */
  readonly union?: readonly Plan[];
  readonly score: number;
}

const maxPoints = 5000;

interface Bound {
  readonly intervals: readonly Interval[];
  readonly constraint: Constraint;
  readonly points: boolean;
  readonly cut: boolean;
}

function fit(intervals: readonly Interval[], limit: number): { intervals: Interval[]; cut: boolean } {
  let cut = false;
  const kept = keptOf(limit);
  const fitted = intervals.map((interval) => {
    if (interval.lo.length <= kept && interval.hi.length <= kept) return interval;
    if (isPoint(interval)) return point(shorten(interval.lo, limit));
    cut = true;
    const low = interval.lo.length > kept;
    const high = interval.hi.length > kept;
    return {
      lo: low ? interval.lo.subarray(0, kept) : interval.lo,
      loIncluded: low || interval.loIncluded,
      hi: high ? (successor(interval.hi.subarray(0, kept)) ?? top) : interval.hi,
      hiIncluded: !high && interval.hiIncluded,
    };
  });
  return { intervals: fitted, cut };
}

function flip(intervals: readonly Interval[]): Interval[] {
  return intervals
    .map((interval) => ({
      lo: invert(interval.hi),
      loIncluded: interval.hiIncluded,
      hi: invert(interval.lo),
      hiIncluded: interval.loIncluded,
    }))
    .reverse();
}

/** The bounds an index's leading fields get: points first, then at most one field with ranges. */
function boundsOf(index: Index, constraints: Constraints): Bound[] {
  const bounds: Bound[] = [];
  const roots = new Set<string>();
  let combinations = 1;
  const limit = index.primary ? idLimit : fieldLimit(index.fields.length);
  for (const field of index.fields) {
    const list = constraints.paths.get(field.path) ?? [];
    // In an array two fields may be matched by two elements, which are two entries: bound only one of them.
    const root = field.parts[0] as string;
    if (index.multikey && roots.has(root)) break;
    const constraint = index.multikey ? best(list) : combine(list);
    if (constraint === undefined) break;
    roots.add(root);
    const { intervals, cut } = fit(constraint.intervals, limit);
    const points = intervals.every(isPoint);
    combinations *= Math.max(1, intervals.length);
    if (combinations > maxPoints && bounds.length > 0) break;
    bounds.push({ intervals: field.descending ? flip(intervals) : intervals, constraint, points, cut });
    if (!points) break;
  }
  return bounds;
}

const top = Buffer.from([0xff]);

function rangesOf(index: Index, bounds: readonly Bound[]): Range[] {
  let prefixes: Buffer[] = [Buffer.alloc(0)];
  const whole =
    index.unique && bounds.length === index.fields.length && bounds.every((bound) => bound.points);
  for (const bound of bounds) {
    if (!bound.points) {
      return prefixes.flatMap((prefix) =>
        bound.intervals.map((interval) => ({
          lo: Buffer.concat([prefix, startOf(interval)]),
          hi: Buffer.concat([prefix, endOf(interval)]),
          single: false,
          prefix: prefix.length,
        })),
      );
    }
    prefixes = prefixes.flatMap((prefix) =>
      bound.intervals.map((interval) =>
        prefix.length === 0 ? interval.lo : Buffer.concat([prefix, interval.lo]),
      ),
    );
  }
  return prefixes.map((prefix) => ({
    lo: prefix,
    hi: successor(prefix) ?? top,
    single: whole,
    prefix: prefix.length,
  }));
}

function scoreOf(index: Index, bounds: readonly Bound[]): number {
  let score = 0;
  for (const bound of bounds) {
    if (bound.points) score += bound.intervals.length <= 1 ? 100 : 90;
    else if (bound.intervals.length === 1 && bound.intervals[0] === everything) score += 2;
    else
      score += bound.intervals.every((interval) => interval.lo.length > 1 && interval.hi.length > 1)
        ? 40
        : 30;
  }
  const whole = bounds.length === index.fields.length && bounds.every((bound) => bound.points);
  return whole && index.unique ? score + 1000 : score;
}

function usable(index: Index, constraints: Constraints): boolean {
  if (!index.sparse) return true;
  return index.fields.some((field) =>
    constraints.paths.get(field.path)?.some((constraint) => constraint.present),
  );
}

/** An index that could be used, and how well it would do; its ranges are only made for the one that is chosen. */
interface Candidate {
  readonly index: Index;
  readonly bounds: readonly Bound[];
  readonly order: ReturnType<typeof orderOf>;
  readonly score: number;
}

function weigh(
  index: Index,
  constraints: Constraints,
  sort: readonly SortField[],
  forced: boolean,
): Candidate | undefined {
  const first = index.fields[0]?.path;
  if (!forced && sort.length === 0 && (first === undefined || !constraints.paths.has(first)))
    return undefined;
  if (!forced && !usable(index, constraints)) return undefined;
  const bounds = boundsOf(index, constraints);
  const eq = bounds.filter((bound) => bound.points).map((bound) => bound.intervals.length);
  const order = sort.length === 0 ? undefined : orderOf(index, eq, sort);
  const bonus = order === undefined ? 0 : bounds.length === 0 ? 3 : order.merge ? 45 : 50;
  const score = scoreOf(index, bounds) + bonus;
  if (!forced && !index.primary && score === 0) return undefined;
  return { index, bounds, order, score };
}

function planOf({ index, bounds, order, score }: Candidate, constraints: Constraints): Plan {
  const bounded = new Set(index.fields.slice(0, bounds.length).map((field) => field.path));
  const covered =
    constraints.complete &&
    !index.multikey &&
    !index.shortened &&
    bounds.every((bound) => bound.constraint.exact && !bound.cut) &&
    [...constraints.paths.keys()].every((path) => bounded.has(path));
  return {
    index,
    ranges: rangesOf(index, bounds),
    reverse: order?.reverse ?? false,
    ordered: order !== undefined,
    merge: order?.merge ?? false,
    covered,
    score,
  };
}

/** An `$or` on its own (or beside other conditions) whose every branch has an index of its own. */
function unionOf(collection: Collection, node: Node): Plan[] | undefined {
  const or =
    node.kind === "or"
      ? node
      : node.kind === "and"
        ? node.nodes.find((child) => child.kind === "or")
        : undefined;
  if (or === undefined || or.kind !== "or" || or.nodes.length > 100) return undefined;
  const plans: Plan[] = [];
  for (const branch of or.nodes) {
    const plan = bestOf(collection, constraintsOf(branch), []);
    if (plan.score < 30) return undefined;
    plans.push(plan);
  }
  return plans;
}

function bestOf(collection: Collection, constraints: Constraints, sort: readonly SortField[]): Plan {
  let chosen = weigh(collection.primary, constraints, sort, true) as Candidate;
  for (const index of collection.indexes) {
    const candidate = weigh(index, constraints, sort, false);
    if (candidate === undefined) continue;
    const shorter = candidate.score === chosen.score && index.fields.length < chosen.index.fields.length;
    if (candidate.score > chosen.score || shorter) chosen = candidate;
  }
  return planOf(chosen, constraints);
}

/** The index that a `hint` names, by name or key; undefined stands for `{ $natural: 1 }`. */
function hinted(collection: Collection, hint: Value): Index {
  const all = [collection.primary, ...collection.indexes];
  if (isDoc(hint) && hint.has("$natural")) {
    if (asNumber(hint.get("$natural")) === -1) throw notImplemented("the hint { $natural: -1 }");
    return collection.primary;
  }
  const found = all.find((index) =>
    typeof hint === "string" ? index.name === hint : isDoc(hint) && equal(indexKey(index), hint),
  );
  if (found === undefined) {
    throw new StoreError(
      codes.badValue,
      "error processing query: planner returned error: hint provided does not correspond to an existing index",
    );
  }
  return found;
}

/** Chooses how to read the candidates for a query in the order wanted. */
export function planQuery(
  collection: Collection,
  node: Node,
  sort: readonly SortField[],
  hint?: Value,
): Plan {
  const constraints = constraintsOf(node);
  if (hint !== undefined && !(isDoc(hint) && hint.size === 0)) {
    return planOf(weigh(hinted(collection, hint), constraints, sort, true) as Candidate, constraints);
  }
  const plan = bestOf(collection, constraints, sort);
  if (plan.score >= 30) return plan;
  const union = unionOf(collection, node);
  return union === undefined ? plan : { ...plan, union, ordered: false, covered: false, merge: false };
}

/** The winning plan in the words of MongoDB's `explain`. */
export function describe(plan: Plan): Doc {
  if (plan.union !== undefined) {
    return new Map<string, Value>([
      ["stage", "SUBPLAN"],
      [
        "inputStage",
        new Map<string, Value>([
          ["stage", "OR"],
          ["inputStages", plan.union.map(describe)],
        ]),
      ],
    ]);
  }
  if (plan.index.primary) {
    if (plan.ranges.every((range) => range.single)) return new Map<string, Value>([["stage", "IDHACK"]]);
    const bounded = plan.score > 3;
    if (!bounded && !plan.ordered) {
      return new Map<string, Value>([
        ["stage", "COLLSCAN"],
        ["direction", "forward"],
      ]);
    }
  }
  return new Map<string, Value>([
    ["stage", "FETCH"],
    [
      "inputStage",
      new Map<string, Value>([
        ["stage", "IXSCAN"],
        ["keyPattern", indexKey(plan.index)],
        ["indexName", plan.index.name],
        ["isMultiKey", plan.index.multikey],
        ["isUnique", plan.index.unique],
        ["isSparse", plan.index.sparse],
        ["direction", plan.reverse ? "backward" : "forward"],
        ["ranges", plan.ranges.length],
      ]),
    ],
  ]);
}
