import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FOLDER = new URL("../../../../shared/reference/", import.meta.url);

/** The text of a reference file that lies beside this repository, or `undefined`. */
export function referenceFile(name: string): string | undefined {
  const path = fileURLToPath(new URL(name, FOLDER));
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

/** One method of the API, as the table lists it. */
export interface ListedMethod {
  verb: string;
  /** With `:id`. */
  path: string;
  tier: number;
  /** As the table words it: `public`, `user read:lists`, `public; optional user read:statuses`, … */
  scope: string;
  /** Names such as `poll[options][]`. */
  parameters: string[];
}

let table: ListedMethod[] | undefined;

/** The rows of mastodon-api.tsv; none where it is missing. */
export function listedMethods(): ListedMethod[] {
  table ??= (referenceFile("mastodon-api.tsv") ?? "")
    .split("\n")
    .slice(1)
    .filter((line) => line !== "")
    .map((line) => {
      const [verb = "", path = "", , scope = "", parameters = "", , , tier = ""] = line.split("\t");
      const names = parameters.split(",").map((name) => name.replace(/[ *(].*$/, ""));
      return { verb, path, tier: Number(tier), scope, parameters: names.filter((name) => name !== "") };
    });
  return table;
}

/** The template that a path is an instance of: fixed segments before variable ones (`:id` or `{id}`). */
export function matchTemplate<T>(
  path: string,
  templates: readonly T[],
  textOf: (template: T) => string,
): T | undefined {
  const segments = path.split("?")[0]?.split("/").filter(Boolean) ?? [];
  let best: { template: T; fixed: number } | undefined;
  for (const template of templates) {
    const wanted = textOf(template).split("/").filter(Boolean);
    if (wanted.length !== segments.length) continue;
    const isVariable = (segment: string): boolean => /^(?::|\{)/.test(segment);
    if (!wanted.every((segment, at) => isVariable(segment) || segment === segments[at])) continue;
    const fixed = wanted.filter((segment) => !isVariable(segment)).length;
    if (best === undefined || fixed > best.fixed) best = { template, fixed };
  }
  return best?.template;
}
