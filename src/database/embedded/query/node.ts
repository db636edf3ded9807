import type { Value } from "../bson/value.ts";

/** One test of the values at a path. */
export interface Leaf {
  readonly kind: "leaf";
  readonly path: string;
  readonly parts: readonly string[];
  /** The operator's name as in a query, `$eq` for a plain value. */
  readonly op: string;
  readonly operand: Value;
  /** Whether the elements of an array at the end of the path are tested one by one (and then the array). */
  readonly elements: boolean;
  readonly test: (value: Value | undefined) => boolean;
  /** For `$elemMatch`: which element of the array matched, or -1. */
  readonly indexIn?: (value: Value | undefined) => number;
  /** For `$elemMatch` with a document: the query its elements must match. */
  readonly inner?: Node;
}

/** A parsed query. */
export type Node =
  | { readonly kind: "and" | "or" | "nor"; readonly nodes: readonly Node[] }
  | { readonly kind: "not"; readonly node: Node }
  | { readonly kind: "constant"; readonly value: boolean }
  | { readonly kind: "expression"; readonly test: (root: Value) => boolean }
  | Leaf;
