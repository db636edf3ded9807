import { Double } from "bson";
import { compare, equal } from "../bson/compare.ts";
import { encodeKey } from "../bson/keys.ts";
import type { Numeric } from "../bson/number.ts";
import { add } from "../bson/number.ts";
import type { Doc, Value } from "../bson/value.ts";
import { asNumber, isDoc, isNumber } from "../bson/value.ts";
import { codes, notImplemented, StoreError } from "../errors.ts";
import type { Expression, Variables } from "./expression.ts";
import { compileExpression } from "./expression.ts";

/** Gathers one field of one group. */
interface Accumulator {
  add(value: Value | undefined): void;
  result(): Value;
}

function sum(): Accumulator {
  let total: Numeric = 0;
  return {
    add: (value) => {
      if (value !== undefined && isNumber(value)) total = add(total, value, "$sum");
    },
    result: () => total,
  };
}

function average(): Accumulator {
  let total = 0;
  let count = 0;
  return {
    add: (value) => {
      const number = asNumber(value);
      if (number === undefined) {
        if (value !== undefined && isNumber(value)) throw notImplemented("$avg of a decimal");
        return;
      }
      total += number;
      count++;
    },
    result: () => (count === 0 ? null : new Double(total / count)),
  };
}

function extreme(sign: number): Accumulator {
  let chosen: Value | undefined;
  return {
    add: (value) => {
      if (value === undefined || value === null) return;
      if (chosen === undefined || compare(value, chosen) === sign) chosen = value;
    },
    result: () => chosen ?? null,
  };
}

function edge(last: boolean): Accumulator {
  let seen = false;
  let chosen: Value = null;
  return {
    add: (value) => {
      if (seen && !last) return;
      seen = true;
      chosen = value ?? null;
    },
    result: () => chosen,
  };
}

function list(distinct: boolean): Accumulator {
  const values: Value[] = [];
  return {
    add: (value) => {
      if (value === undefined || (distinct && values.some((known) => equal(known, value)))) return;
      values.push(value);
    },
    result: () => values,
  };
}

const accumulators: Readonly<Record<string, () => Accumulator>> = {
  $sum: sum,
  $avg: average,
  $min: () => extreme(-1),
  $max: () => extreme(1),
  $first: () => edge(false),
  $last: () => edge(true),
  $push: () => list(false),
  $addToSet: () => list(true),
};

interface GroupField {
  readonly name: string;
  readonly make: () => Accumulator;
  readonly value: Expression;
}

/** A parsed `$group`. */
export interface Group {
  readonly id: Expression;
  readonly fields: readonly GroupField[];
}

/** Parses `$group`. @throws {StoreError} 15955 and others when malformed, 238 for an unknown accumulator */
export function parseGroup(given: Value, variables: Variables): Group {
  if (!isDoc(given)) throw new StoreError(15947, "a group's fields must be specified in an object");
  const id = given.get("_id");
  if (id === undefined) throw new StoreError(15955, "a group specification must include an _id");
  const fields: GroupField[] = [];
  for (const [name, spec] of given) {
    if (name === "_id") continue;
    const [op] = isDoc(spec) ? spec.keys() : [];
    if (!isDoc(spec) || op === undefined || spec.size !== 1) {
      throw new StoreError(40234, `The field '${name}' must be an accumulator object`);
    }
    if (name.includes(".")) throw new StoreError(40235, `The field name '${name}' cannot contain '.'`);
    if (op === "$count") {
      fields.push({ name, make: sum, value: () => 1 });
      continue;
    }
    const make = accumulators[op];
    if (make === undefined) throw notImplemented(`the accumulator ${op} in $group`);
    fields.push({ name, make, value: compileExpression(spec.get(op) as Value, variables) });
  }
  return { id: compileExpression(id, variables), fields };
}

const maxGroups = 1_000_000;

/** Gathers documents into groups. */
export class Grouping {
  readonly #group: Group;
  readonly #groups = new Map<string, { id: Value; accumulators: Accumulator[] }>();

  constructor(group: Group) {
    this.#group = group;
  }

  /** @throws {StoreError} 292 when there are too many groups to hold in memory */
  add(document: Doc): void {
    const id = this.#group.id(document) ?? null;
    const key = encodeKey(id).toString("latin1");
    let entry = this.#groups.get(key);
    if (entry === undefined) {
      if (this.#groups.size >= maxGroups) {
        throw new StoreError(codes.memoryLimit, `$group makes more than ${maxGroups} groups`);
      }
      entry = { id, accumulators: this.#group.fields.map((field) => field.make()) };
      this.#groups.set(key, entry);
    }
    for (const [at, field] of this.#group.fields.entries())
      entry.accumulators[at]?.add(field.value(document));
  }

  /** One document a group. */
  *results(): Generator<Doc, void, undefined> {
    for (const { id, accumulators: gathered } of this.#groups.values()) {
      const result: Doc = new Map([["_id", id]]);
      for (const [at, field] of this.#group.fields.entries()) {
        result.set(field.name, (gathered[at] as Accumulator).result());
      }
      yield result;
    }
  }
}
