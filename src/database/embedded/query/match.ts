import type { Doc, Value } from "../bson/value.ts";
import type { Node } from "./node.ts";
import { walk } from "./path.ts";

/** Whether a document (or, inside `$elemMatch`, a value) fulfils a query. */
export type Matcher = (root: Value) => boolean;

/** Compiles a parsed query into one function. */
export function matcher(node: Node): Matcher {
  switch (node.kind) {
    case "constant":
      return () => node.value;
    case "expression":
      return node.test;
    case "not": {
      const inner = matcher(node.node);
      return (root) => !inner(root);
    }
    case "and": {
      const all = node.nodes.map(matcher);
      if (all.length === 0) return () => true;
      return (root) => all.every((test) => test(root));
    }
    case "or": {
      const any = node.nodes.map(matcher);
      return (root) => any.some((test) => test(root));
    }
    case "nor": {
      const none = node.nodes.map(matcher);
      return (root) => !none.some((test) => test(root));
    }
    case "leaf": {
      const { parts, elements, test } = node;
      if (parts.length === 1) {
        const name = parts[0] as string;
        return (root) => {
          const value = root instanceof Map ? root.get(name) : undefined;
          if (!Array.isArray(value)) return test(value);
          return (elements && value.some(test)) || test(value);
        };
      }
      return (root) => walk(root, parts, elements, test);
    }
  }
}

/**
 * Which element of the array at `arrayPath` a query matched, for the positional operator `$`; -1 when the query
 * says nothing about that array.
 */
export function matchedIndex(node: Node, root: Doc, arrayPath: string): number {
  switch (node.kind) {
    case "and":
    case "or": {
      for (const child of node.nodes) {
        if (node.kind === "or" && !matcher(child)(root)) continue;
        const found = matchedIndex(child, root, arrayPath);
        if (found >= 0) return found;
      }
      return -1;
    }
    case "leaf": {
      if (node.path !== arrayPath && !node.path.startsWith(`${arrayPath}.`)) return -1;
      let found = -1;
      walk(root, node.parts, node.elements, (value, index) => {
        if (!node.test(value)) return false;
        found = index >= 0 ? index : (node.indexIn?.(value) ?? -1);
        return found >= 0;
      });
      return found;
    }
    default:
      return -1;
  }
}
