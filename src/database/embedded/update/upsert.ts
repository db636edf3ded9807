import type { Doc, Value } from "../bson/value.ts";
import { cloneValue } from "../bson/value.ts";
import { codes, StoreError } from "../errors.ts";
import type { Node } from "../query/node.ts";
import { locate } from "./locate.ts";
import type { Update } from "./parse.ts";

function equalities(node: Node, into: Map<string, Value>): void {
  if (node.kind === "and" || (node.kind === "or" && node.nodes.length === 1)) {
    for (const child of node.nodes) equalities(child, into);
  } else if (node.kind === "leaf" && node.op === "$eq") {
    if (into.has(node.path)) {
      throw new StoreError(54, `cannot infer query fields to set, path '${node.path}' is matched twice`);
    }
    into.set(node.path, node.operand);
  } else if (node.kind === "leaf" && node.op === "$in" && (node.operand as Value[]).length === 1) {
    into.set(node.path, (node.operand as Value[])[0] as Value);
  }
}

/**
 * The document an upsert inserts: the query's equality conditions, then the update on top. A replacement takes
 * only `_id` from the query.
 */
export function seed(node: Node, update: Update, now: Date): Doc {
  const found = new Map<string, Value>();
  equalities(node, found);
  const document: Doc = new Map();
  for (const [path, value] of found) {
    if (update.replacement && path !== "_id") continue;
    const parts = path.split(".");
    const place = locate(document, parts, true);
    if (place?.get() !== undefined) {
      throw new StoreError(54, `cannot infer query fields to set, path '${path}' is matched twice`);
    }
    place?.set(cloneValue(value));
  }
  const id = document.get("_id");
  update.apply(document, { inserting: true, matched: () => -1, now });
  const after = document.get("_id");
  if (id !== undefined && after === undefined) {
    throw new StoreError(codes.immutableField, "an upsert cannot take its '_id' away");
  }
  return document;
}
