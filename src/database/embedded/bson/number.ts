import { Decimal128, Double } from "bson";
import { codes, notImplemented, StoreError } from "../errors.ts";

/** Every number that BSON knows. */
export type Numeric = number | Double | bigint | Decimal128;

interface Exact {
  readonly digits: bigint;
  readonly exponent: number;
}

/** The exact value of a finite Decimal128 as digits times a power of ten, or its special value as a number. */
function decimalParts(value: Decimal128): Exact | number {
  const text = value.toString();
  if (/nan/i.test(text)) return Number.NaN;
  if (/inf/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  const [mantissa = "0", power = "0"] = text.toUpperCase().split("E");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  return { digits: BigInt(whole + fraction), exponent: Number(power) - fraction.length };
}

/** The exact value of a finite double: every double is a whole number times a power of two, so also of ten. */
function doubleParts(value: number): Exact {
  let scale = 0;
  let scaled = value;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    scale++;
  }
  // value = scaled / 2^scale = scaled * 5^scale / 10^scale
  return { digits: BigInt(scaled) * 5n ** BigInt(scale), exponent: -scale };
}

function exact(value: Numeric): Exact | number {
  if (typeof value === "bigint") return { digits: value, exponent: 0 };
  if (value instanceof Decimal128) return decimalParts(value);
  const plain = typeof value === "number" ? value : value.value;
  return Number.isFinite(plain) ? doubleParts(plain) : plain;
}

function order(a: number | bigint, b: number | bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareDecimals(a: Numeric, b: Numeric): number {
  const left = exact(a);
  const right = exact(b);
  if (typeof left === "number" || typeof right === "number") {
    const x = typeof left === "number" ? left : 0;
    const y = typeof right === "number" ? right : 0;
    if (Number.isNaN(x) || Number.isNaN(y)) return order(Number.isNaN(x) ? 0 : 1, Number.isNaN(y) ? 0 : 1);
    return order(x, y);
  }
  const low = Math.min(left.exponent, right.exponent);
  return order(
    left.digits * 10n ** BigInt(left.exponent - low),
    right.digits * 10n ** BigInt(right.exponent - low),
  );
}

/** Orders two numbers of any type by exact value; NaN is equal to itself and below all others. */
export function compareNumbers(a: Numeric, b: Numeric): number {
  if (a instanceof Decimal128 || b instanceof Decimal128) return compareDecimals(a, b);
  const x = a instanceof Double ? a.value : a;
  const y = b instanceof Double ? b.value : b;
  if (x < y) return -1;
  if (x > y) return 1;
  const xNaN = typeof x === "number" && Number.isNaN(x);
  const yNaN = typeof y === "number" && Number.isNaN(y);
  return xNaN === yNaN ? 0 : xNaN ? -1 : 1;
}

/** The same number as a double or int64, for keys of indexes. @throws when a Decimal128 has no such equal */
export function undecimal(value: Decimal128): number | bigint {
  const parts = decimalParts(value);
  if (typeof parts === "number") return parts;
  if (parts.digits === 0n) return 0;
  const double = Number(value.toString());
  if (Number.isFinite(double) && compareDecimals(value, double) === 0) return double;
  if (parts.exponent > -40 && parts.exponent < 40) {
    const whole = parts.exponent < 0 ? parts.digits / 10n ** BigInt(-parts.exponent) : parts.digits;
    const int = parts.exponent > 0 ? whole * 10n ** BigInt(parts.exponent) : whole;
    if (BigInt.asIntN(64, int) === int && compareDecimals(value, int) === 0) return int;
  }
  throw notImplemented("an index key or sort key of type decimal that no double or int64 equals");
}

const int32 = (value: bigint): boolean => value >= -2147483648n && value <= 2147483647n;

function arithmetic(
  a: Numeric,
  b: Numeric,
  name: string,
  ints: (x: bigint, y: bigint) => bigint,
  doubles: (x: number, y: number) => number,
): Numeric {
  if (a instanceof Decimal128 || b instanceof Decimal128) throw notImplemented(`${name} with a decimal`);
  const isDouble = (value: Numeric): boolean =>
    value instanceof Double || (typeof value === "number" && !Number.isInteger(value));
  if (isDouble(a) || isDouble(b)) {
    return new Double(
      doubles(Number(a instanceof Double ? a.value : a), Number(b instanceof Double ? b.value : b)),
    );
  }
  const result = ints(BigInt(a as number | bigint), BigInt(b as number | bigint));
  if (typeof a === "number" && typeof b === "number" && int32(result)) return Number(result);
  if (BigInt.asIntN(64, result) !== result) {
    throw new StoreError(codes.badValue, `Failed to apply ${name} operations: the result overflows an int64`);
  }
  return result;
}

/** Adds with MongoDB's types: int32 widens to int64 when it must, a double makes a double. */
export function add(a: Numeric, b: Numeric, name: string): Numeric {
  return arithmetic(
    a,
    b,
    name,
    (x, y) => x + y,
    (x, y) => x + y,
  );
}

/** Multiplies with MongoDB's types, as {@link add} adds. */
export function multiply(a: Numeric, b: Numeric, name: string): Numeric {
  return arithmetic(
    a,
    b,
    name,
    (x, y) => x * y,
    (x, y) => x * y,
  );
}
