import { spaceKey } from "./catalog.ts";
import type { Store } from "./store.ts";
import type { Task } from "./task.ts";
import { sliceIsOver } from "./task.ts";

const chunk = 256;

/** Empties the spaces of dropped collections and indexes, a little in each transaction. */
export function* purge(store: Store): Task<void> {
  for (const space of store.catalog.garbage()) {
    const lo = spaceKey(space, Buffer.alloc(0));
    const hi = spaceKey(space + 1, Buffer.alloc(0));
    for (;;) {
      const keys: Buffer[] = [];
      for (const { key } of store.kv.range(lo, hi, false)) {
        keys.push(key);
        if (keys.length >= chunk) break;
      }
      for (const key of keys) store.kv.remove(key);
      if (keys.length < chunk) break;
      if (sliceIsOver()) yield undefined;
    }
    store.catalog.purged(space);
  }
}
