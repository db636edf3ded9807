import type { z } from "zod";

/** What is wrong with the options of `fediverse()`: a line each, with its name, what was given and what is wanted. */
export function explainIssues(issues: readonly z.core.$ZodIssue[], given: unknown): string {
  const lines = issues.map((issue) => {
    const name = issue.path
      .map((part, at) =>
        typeof part === "number" ? `[${part}]` : at === 0 ? String(part) : `.${String(part)}`,
      )
      .join("");
    if (issue.code === "unrecognized_keys") {
      const where = name === "" ? "" : ` in "${name}"`;
      return `there is no option ${issue.keys.map((key) => `"${key}"`).join(", ")}${where}; is it spelt right?`;
    }
    const value = valueAt(given, issue.path);
    const got = value === undefined ? "nothing was given" : `${show(value)} was given`;
    return `option "${name === "" ? "(all)" : name}": ${got}; wanted: ${issue.message.replace(/^Invalid (input|option): expected /, "")}`;
  });
  return `fediverse(): ${lines.join("\n  ")}`;
}

function valueAt(value: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      typeof at === "object" && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}

/** A password in a URI must not come into a log. */
function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.replace(/:\/\/[^@/]*@/, "://…@")).slice(0, 120);
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  return String(value);
}
