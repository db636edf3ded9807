import type { Binary, ObjectId } from "bson";
import type { Value } from "../bson/value.ts";
import { asNumber, bsonType, isDoc } from "../bson/value.ts";

/** A value as MongoDB writes it in messages: `{ email: "a@b.c", at: new Date(0) }`. */
export function show(value: Value): string {
  if (value === null) return "null";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "boolean") return String(value);
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  if (Array.isArray(value)) return `[ ${value.map(show).join(", ")} ]`;
  if (isDoc(value)) return `{ ${[...value].map(([name, field]) => `${name}: ${show(field)}`).join(", ")} }`;
  const number = asNumber(value);
  if (number !== undefined) return String(typeof value === "bigint" ? value : number);
  switch (bsonType(value)) {
    case "ObjectId":
      return `ObjectId('${(value as ObjectId).toHexString()}')`;
    case "Binary":
      return `BinData(${(value as Binary).sub_type}, ${Buffer.from((value as Binary).value()).toString("hex")})`;
    case "Decimal128":
      return (value as { toString(): string }).toString();
    default:
      return bsonType(value) ?? "?";
  }
}
