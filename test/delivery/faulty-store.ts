import type { Site } from "../../src/site.ts";
import type { Models } from "../../src/database/models.ts";

/** Looks at each call of the driver; what it throws is what the store answers. */
export type Fault = (collection: keyof Models, method: string, given: unknown[]) => void;

/** The same site on a store that can be made to fail. */
export function onFaultyStore(site: Site, fault: Fault): Site {
  const models = new Proxy(site.models, {
    get(target, name: keyof Models) {
      const model = target[name];
      return new Proxy(model, {
        get(inner, property) {
          if (property === "collection") return faulty(model.collection, name, fault);
          const value = Reflect.get(inner, property) as unknown;
          return typeof value === "function" ? (value.bind(inner) as unknown) : value;
        },
      });
    },
  });
  return { ...site, models };
}

function faulty<Collection extends object>(
  collection: Collection,
  name: keyof Models,
  fault: Fault,
): Collection {
  return new Proxy(collection, {
    get(target, method) {
      const value = Reflect.get(target, method) as unknown;
      if (typeof value !== "function") return value;
      return (...given: unknown[]): unknown => {
        try {
          fault(name, String(method), given);
        } catch (error) {
          const failing = async (): Promise<never> => {
            throw error;
          };
          // A cursor fails when it is read, everything else at once.
          return method === "find" ? { toArray: failing, next: failing } : failing();
        }
        return (value as (...given: unknown[]) => unknown).apply(target, given);
      };
    },
  });
}

/** What the driver throws when the server cannot be reached. */
export class MongoNetworkError extends Error {
  override name = "MongoNetworkError";
}
