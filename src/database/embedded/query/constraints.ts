import { Double } from "bson";
import { place, placeOf } from "../bson/compare.ts";
import { encodeKey, nullKey, successor } from "../bson/keys.ts";
import type { Value } from "../bson/value.ts";
import { isNumber } from "../bson/value.ts";
import { StoreError } from "../errors.ts";
import type { Interval } from "./intervals.ts";
import { everything, intersect, isPoint, normalise, point } from "./intervals.ts";
import type { Leaf, Node } from "./node.ts";
import { isRegex } from "./operators.ts";
import { literalPrefix } from "./regex.ts";

/** What one condition of a query says about the keys at one path. Documents outside the intervals cannot match. */
export interface Constraint {
  readonly intervals: readonly Interval[];
  /** Without arrays, the documents in the intervals are exactly those that match. */
  readonly exact: boolean;
  /** A document without the field cannot match: a sparse index may be used. */
  readonly present: boolean;
}

/** All constraints of a query by path, and whether together they are the whole query. */
export interface Constraints {
  readonly paths: ReadonlyMap<string, readonly Constraint[]>;
  readonly complete: boolean;
}

function keyOf(value: Value): Buffer | undefined {
  if (Array.isArray(value) || isRegex(value)) return undefined;
  try {
    return encodeKey(value);
  } catch (error) {
    // A decimal that has no key: the query is answered without an index.
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

function bracket(type: number): { lo: Buffer; hi: Buffer } {
  const lo = type === place.number ? encodeKey(new Double(-Infinity)) : Buffer.from([type]);
  return { lo, hi: Buffer.from([type + 1]) };
}

function range(op: string, operand: Value): Constraint | undefined {
  if (operand === null) {
    return op === "$gte" || op === "$lte"
      ? { intervals: [point(nullKey)], exact: true, present: false }
      : { intervals: [], exact: true, present: true };
  }
  const type = placeOf(operand);
  if (type === place.minKey || type === place.maxKey || type === place.object) return undefined;
  if (isNumber(operand) && Number.isNaN(Number(operand instanceof Double ? operand.value : operand))) {
    return undefined;
  }
  const key = keyOf(operand);
  if (key === undefined) return undefined;
  const { lo, hi } = bracket(type);
  const included = op === "$gte" || op === "$lte";
  const interval: Interval = op.startsWith("$gt")
    ? { lo: key, loIncluded: included, hi, hiIncluded: false }
    : { lo, loIncluded: true, hi: key, hiIncluded: included };
  return { intervals: [interval], exact: true, present: true };
}

function regex(operand: Value): Constraint {
  const stored: Interval = {
    lo: Buffer.from([place.regex]),
    loIncluded: true,
    hi: Buffer.from([place.regex + 1]),
    hiIncluded: false,
  };
  const prefix = isRegex(operand) ? literalPrefix(operand) : undefined;
  let strings: Interval;
  if (prefix === undefined || prefix.includes("\0")) {
    strings = { ...bracket(place.string), loIncluded: true, hiIncluded: false };
  } else {
    // The key of the prefix without its terminator; all keys that begin with it follow.
    const start = encodeKey(prefix).subarray(0, -2);
    strings = { lo: start, loIncluded: true, hi: successor(start) as Buffer, hiIncluded: false };
  }
  return { intervals: [strings, stored], exact: false, present: true };
}

function points(values: readonly Value[]): Constraint | undefined {
  const keys = values.map(keyOf);
  if (keys.some((key) => key === undefined)) return undefined;
  return {
    intervals: normalise((keys as Buffer[]).map(point)),
    exact: true,
    present: !values.includes(null),
  };
}

function leafConstraint(leaf: Leaf): Constraint | undefined {
  switch (leaf.op) {
    case "$eq":
      return points([leaf.operand]);
    case "$in":
      return points(leaf.operand as Value[]);
    case "$gt":
    case "$gte":
    case "$lt":
    case "$lte":
      return range(leaf.op, leaf.operand);
    case "$regex":
      return regex(leaf.operand);
    case "$exists":
      return { intervals: [everything], exact: false, present: true };
    default:
      return undefined;
  }
}

class Collector {
  readonly paths = new Map<string, Constraint[]>();
  complete = true;

  add(path: string, constraint: Constraint): void {
    const list = this.paths.get(path);
    if (list === undefined) this.paths.set(path, [constraint]);
    else list.push(constraint);
    if (!constraint.exact) this.complete = false;
  }

  collect(node: Node, prefix: string): void {
    switch (node.kind) {
      case "and":
        for (const child of node.nodes) this.collect(child, prefix);
        return;
      case "leaf":
        return this.leaf(node, prefix);
      case "or":
        return this.or(node.nodes, prefix);
      case "not":
        this.complete = false;
        if (node.node.kind === "leaf" && node.node.op === "$eq" && node.node.operand === null) {
          // Over an empty array `a.b` is no null, and yet its key is one: only whole fields say so by their key.
          if (!node.node.path.includes(".") && prefix === "")
            this.add(node.node.path, { intervals: notNull, exact: false, present: true });
        }
        return;
      default:
        this.complete = false;
    }
  }

  private leaf(leaf: Leaf, prefix: string): void {
    const path = prefix + leaf.path;
    if (leaf.op === "$elemMatch") {
      this.complete = false;
      if (leaf.inner !== undefined) this.collect(leaf.inner, `${path}.`);
      return;
    }
    const constraint = leafConstraint(leaf);
    if (constraint === undefined) this.complete = false;
    else this.add(path, constraint);
  }

  /** A path that every branch constrains is constrained by the whole: this is what makes keyset paging cheap. */
  private or(nodes: readonly Node[], prefix: string): void {
    this.complete = false;
    const branches = nodes.map((node) => {
      const branch = new Collector();
      branch.collect(node, prefix);
      return branch.paths;
    });
    for (const path of branches[0]?.keys() ?? []) {
      const chosen = branches.map((paths) => best(paths.get(path) ?? []));
      if (chosen.some((constraint) => constraint === undefined)) continue;
      const all = chosen as Constraint[];
      this.add(path, {
        intervals: normalise(all.flatMap((constraint) => constraint.intervals)),
        exact: false,
        present: all.every((constraint) => constraint.present),
      });
    }
  }
}

const notNull: readonly Interval[] = [
  { lo: everything.lo, loIncluded: true, hi: nullKey, hiIncluded: false },
  { lo: nullKey, loIncluded: false, hi: everything.hi, hiIncluded: false },
];

/** The constraint to use where only one may be used: on arrays two conditions may be met by two elements. */
export function best(list: readonly Constraint[]): Constraint | undefined {
  let chosen: Constraint | undefined;
  for (const constraint of list) {
    if (chosen === undefined || weight(constraint) < weight(chosen)) chosen = constraint;
  }
  return chosen;
}

function weight(constraint: Constraint): number {
  if (constraint.intervals.every(isPoint)) return constraint.intervals.length;
  return constraint.intervals.includes(everything) ? 1e9 : 1e6 + constraint.intervals.length;
}

/** All constraints on one path as one; right only where the path holds no arrays. */
export function combine(list: readonly Constraint[]): Constraint | undefined {
  if (list.length === 0) return undefined;
  return list.reduce((a, b) => ({
    intervals: intersect(a.intervals, b.intervals),
    exact: a.exact && b.exact,
    present: a.present || b.present,
  }));
}

/** Reads from a parsed query what an index could use. */
export function constraintsOf(node: Node): Constraints {
  const collector = new Collector();
  collector.collect(node, "");
  return { paths: collector.paths, complete: collector.complete };
}
