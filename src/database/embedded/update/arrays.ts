import { compare, equal } from "../bson/compare.ts";
import type { Doc, Value } from "../bson/value.ts";
import { asNumber, cloneValue, isDoc } from "../bson/value.ts";
import { codes, StoreError } from "../errors.ts";
import { matcher } from "../query/match.ts";
import { isRegex, matchesRegex, typeName } from "../query/operators.ts";
import { isOperators, parseQuery } from "../query/parse.ts";
import { parseSort, sortKey } from "../query/sort.ts";
import type { Change } from "./operators.ts";

function whole(value: Value | undefined, what: string): number {
  const number = asNumber(value);
  if (number === undefined || !Number.isInteger(number)) {
    throw new StoreError(codes.badValue, `The value for ${what} must be an integer value`);
  }
  return number;
}

function each(op: string, operand: Doc): Value[] {
  const values = operand.get("$each");
  if (!Array.isArray(values)) {
    throw new StoreError(codes.badValue, `The argument to $each in ${op} must be an array`);
  }
  return values;
}

function notArray(path: string, old: Value): StoreError {
  return new StoreError(
    codes.badValue,
    `The field '${path}' must be an array but is of type ${typeName(old)}`,
  );
}

function sorter(given: Value): (array: Value[]) => void {
  if (!isDoc(given)) {
    const direction = asNumber(given);
    if (direction !== 1 && direction !== -1) {
      throw new StoreError(codes.badValue, "The $sort element value must be either 1 or -1");
    }
    return (array) => array.sort((a, b) => compare(a, b) * direction);
  }
  const fields = parseSort(given);
  if (fields.length === 0) throw new StoreError(codes.badValue, "The $sort pattern is empty");
  const keyOf = (value: Value): Buffer => sortKey(isDoc(value) ? value : new Map<string, Value>(), fields);
  return (array) => {
    const keyed = array.map((value) => ({ value, key: keyOf(value) }));
    keyed.sort((a, b) => Buffer.compare(a.key, b.key));
    keyed.forEach(({ value }, index) => (array[index] = value));
  };
}

/** `$push`, with `$each`, `$position`, `$sort` and `$slice` in this order. */
export function push(operand: Value): Change {
  const modified = isDoc(operand) && operand.has("$each");
  const values = modified ? each("$push", operand) : [operand];
  let position: number | undefined;
  let slice: number | undefined;
  let sort: ((array: Value[]) => void) | undefined;
  if (modified) {
    for (const [name, value] of operand) {
      if (name === "$position") position = whole(value, "$position");
      else if (name === "$slice") slice = whole(value, "$slice");
      else if (name === "$sort") sort = sorter(value);
      else if (name !== "$each")
        throw new StoreError(codes.badValue, `Unrecognized clause in $push: ${name}`);
    }
  }
  return (old, path) => {
    if (old !== undefined && !Array.isArray(old)) throw notArray(path, old);
    const array = old === undefined ? [] : [...old];
    const at =
      position === undefined ? array.length : position < 0 ? Math.max(0, array.length + position) : position;
    array.splice(Math.min(at, array.length), 0, ...values.map(cloneValue));
    sort?.(array);
    if (slice === undefined) return array;
    return slice >= 0 ? array.slice(0, slice) : array.slice(slice);
  };
}

/** `$addToSet`, with `$each`: values that are not there yet; documents count with their field order. */
export function addToSet(operand: Value): Change {
  const modified = isDoc(operand) && operand.has("$each");
  if (modified && operand.size > 1) {
    throw new StoreError(codes.badValue, "Found unexpected fields after $each in $addToSet");
  }
  const values = modified ? each("$addToSet", operand) : [operand];
  return (old, path) => {
    if (old !== undefined && !Array.isArray(old)) throw notArray(path, old);
    const array = old === undefined ? [] : [...old];
    for (const value of values) {
      if (!array.some((known) => equal(known, value))) array.push(cloneValue(value));
    }
    return old !== undefined && array.length === old.length ? undefined : array;
  };
}

function without(
  old: Value | undefined,
  path: string,
  unwanted: (value: Value) => boolean,
): Value | undefined {
  if (old === undefined) return undefined;
  if (!Array.isArray(old))
    throw new StoreError(codes.badValue, `Cannot apply $pull to a non-array value at '${path}'`);
  const array = old.filter((value) => !unwanted(value));
  return array.length === old.length ? undefined : array;
}

/** `$pull`: elements equal to a value, or matching a condition. */
export function pull(operand: Value): Change {
  let unwanted: (value: Value) => boolean;
  if (isRegex(operand)) unwanted = matchesRegex(operand);
  else if (isOperators(operand)) {
    const matches = matcher(parseQuery(new Map([["v", operand]])));
    unwanted = (value) => matches(new Map([["v", value]]));
  } else if (isDoc(operand)) {
    const matches = matcher(parseQuery(operand));
    unwanted = (value) => isDoc(value) && matches(value);
  } else unwanted = (value) => equal(value, operand);
  return (old, path) => without(old, path, unwanted);
}

/** `$pullAll`: every element equal to one of the values. */
export function pullAll(operand: Value): Change {
  if (!Array.isArray(operand)) {
    throw new StoreError(codes.badValue, "$pullAll requires an array argument");
  }
  return (old, path) => without(old, path, (value) => operand.some((wanted) => equal(value, wanted)));
}

/** `$pop`: 1 takes the last element, -1 the first. */
export function pop(operand: Value): Change {
  const direction = asNumber(operand);
  if (direction !== 1 && direction !== -1) {
    throw new StoreError(codes.failedToParse, "$pop expects 1 or -1");
  }
  return (old, path) => {
    if (old === undefined) return undefined;
    if (!Array.isArray(old)) {
      throw new StoreError(
        codes.typeMismatch,
        `Path '${path}' contains an element of non-array type '${typeName(old)}'`,
      );
    }
    if (old.length === 0) return undefined;
    return direction === 1 ? old.slice(0, -1) : old.slice(1);
  };
}
