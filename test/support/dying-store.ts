import type { Models } from "../../src/database/models.ts";
import type { Site } from "../../src/site.ts";

const WRITES = new Set([
  "insertOne",
  "insertMany",
  "updateOne",
  "updateMany",
  "findOneAndUpdate",
  "findOneAndDelete",
  "deleteOne",
  "deleteMany",
]);

/**
 * A process that dies after so many writes: none is made any more. Reads go on, which changes nothing.
 * @param failures how many writes fail; fewer than all: the process lives, and its store fails it for a moment.
 */
export function dyingAfter(
  site: Site,
  writes: number,
  failures = Infinity,
): { site: Site; died: () => boolean } {
  let made = 0;
  const mayWrite = (): boolean => {
    made += 1;
    return made <= writes || made > writes + failures;
  };
  const watched = <Store extends object>(store: Store): Store =>
    new Proxy(store, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (name === "collection") return watched(value as object);
        if (typeof value !== "function") return value;
        const call = value as (...given: unknown[]) => unknown;
        return (...given: unknown[]): unknown =>
          WRITES.has(String(name)) && !mayWrite() ? deadEnd : call.apply(target, given);
      },
    });
  const models = new Proxy(site.models, { get: (target, name: keyof Models) => watched(target[name]) });
  return { site: { ...site, models }, died: () => made > writes };
}

const refuse = (): Promise<never> => Promise.reject(new Error("the process has died"));
/** As a query of mongoose, and as a promise of the driver. */
const deadEnd = {
  lean: refuse,
  then: (resolve: never, reject: (reason: unknown) => unknown) => refuse().then(resolve, reject),
};
