// `--import` of a process that runs fedify-server.ts: gives it the Fedify 2 that stands in the folder named by FEDIFY2. Of
// what version 1 had in one package, version 2 has the vocabulary in another.
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const both = pathToFileURL(join(process.env.FEDIFY2, "both.mjs")).href;

registerHooks({
  resolve(name, context, next) {
    const isAsked = name === "@fedify/fedify" && context.parentURL?.includes("/fedify-server.ts");
    return isAsked ? { url: both, format: "module", shortCircuit: true } : next(name, context);
  },
  load(url, context, next) {
    if (url !== both) return next(url, context);
    const source = 'export * from "@fedify/fedify"; export * from "@fedify/vocab";';
    return { format: "module", source, shortCircuit: true };
  },
});
