import { createRequire } from "node:module";
import { FediverseError, reasonOf } from "./errors.ts";

const require = createRequire(import.meta.url);

/**
 * A library that is loaded by the first call and then kept. V8 collects garbage by walking through what lives: each
 * megabyte of code that waits for work makes the host's own pages slower, and its start longer. So what only some sites or
 * some moments need is loaded then: by `await import()` in functions that are asynchronous and seldom, by this in the
 * others. It uses `require`, since `import()` cannot answer at once; for libraries that come as CommonJS.
 * @returns what gives the library; it throws a {@link FediverseError} with the cause where that cannot be loaded.
 */
export function onDemand<Library>(name: string): () => Library {
  let library: Library | undefined;
  return () => {
    if (library !== undefined) return library;
    try {
      return (library = require(name) as Library);
    } catch (error) {
      throw new FediverseError(
        `The library ${name} could not be loaded (${reasonOf(error)}). Is the installation of express-fediverse complete?`,
        { code: "library", cause: error },
      );
    }
  };
}
