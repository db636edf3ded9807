import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { flags, optionsAsJsonSchema, type Flag } from "../src/cli/flags.ts";

interface Schema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: string[];
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
  pattern?: string;
}

/** Where the page lies in the repository. */
export const OPTIONS_PAGE = fileURLToPath(new URL("../docs/options.md", import.meta.url));

/** The text of docs/options.md, made from the one schema that also checks the options. */
export function optionsPage(): string {
  const schema = optionsAsJsonSchema() as Schema;
  const byPath = new Map(flags().map((flag) => [flag.path, flag]));
  const account = schema.properties?.["accounts"]?.items ?? {};
  return [
    "# Options",
    "",
    "<!-- Made by `npm run docs:options` from src/options.ts. Change the descriptions there, not here. -->",
    "",
    "Each of these is an option of `fediverse({ … })`. Those that can be written as text are also flags and environment variables of the command `express-fediverse`; a flag wins over a variable. On the command line a list is given by repeating the flag, in a variable by commas.",
    "",
    "A wrong option stops the start at once with one message that names the option, what was given and what is wanted.",
    "",
    ...sections(schema, byPath, ""),
    "## An account",
    "",
    "Each entry of `accounts`, and what `fedi.account({ … })` takes.",
    "",
    ...rows(account),
    "",
  ].join("\n");
}

function sections(schema: Schema, byPath: Map<string, Flag>, prefix: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const path = `${prefix}${name}`;
    if (property.properties) return sections(property, byPath, `${path}.`);
    const needed = schema.required?.includes(name) === true;
    const flag = byPath.get(path);
    const facts = [
      ...(typeOf(property, path) === undefined ? [] : [`- Type: ${typeOf(property, path)}`]),
      ...(needed
        ? ["- Required"]
        : defaultOf(property) === undefined
          ? []
          : [`- Default: ${defaultOf(property)}`]),
      flag ? `- Flag \`--${flag.flag}\`, variable \`${flag.variable}\`` : "- In code only",
    ];
    return [`## \`${path}\``, "", property.description ?? "", "", ...facts, ""];
  });
}

function rows(schema: Schema): string[] {
  const lines = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const fallback = schema.required?.includes(name) === true ? "required" : (defaultOf(property) ?? "");
    return `| \`${name}\` | ${cell(typeOf(property, name) ?? "")} | ${cell(fallback)} | ${cell(property.description ?? "")} |`;
  });
  return ["| field | type | default | what it is |", "| --- | --- | --- | --- |", ...lines];
}

/** A value as a reader would write it; objects stand for defaults that only code can make. */
function defaultOf({ default: value }: Schema): string | undefined {
  if (value === undefined || value === "") return undefined;
  if (Array.isArray(value)) return value.length === 0 ? "none" : `\`${JSON.stringify(value)}\``;
  return typeof value === "object" ? undefined : `\`${JSON.stringify(value)}\``;
}

/** `undefined` where only the description can tell: functions, and objects with methods. */
function typeOf(schema: Schema, path: string): string | undefined {
  if (schema.enum) return schema.enum.map((choice) => `\`"${choice}"\``).join(", ");
  if (path === "database") return "string, or an object in code";
  if (path === "accounts") return "list of [accounts](#an-account)";
  if (schema.items && schema.items.type === "string") return `list of strings${limits(schema)}`;
  if (schema.items?.properties)
    return `list of \`{ ${Object.keys(schema.items.properties).join(", ")} }\`${limits(schema)}`;
  if (path === "avatar" || path === "header") return "URL, or `{ url, alt, mediaType }`";
  if (schema.type === "integer") return `whole number${limits(schema)}`;
  if (schema.type !== undefined) return `${schema.type}${limits(schema)}`;
  return undefined;
}

function limits(schema: Schema): string {
  const { minimum, maximum, exclusiveMinimum, maxLength, maxItems, pattern } = schema;
  if (minimum !== undefined && maximum !== undefined) return `, ${minimum} to ${maximum}`;
  if (exclusiveMinimum !== undefined) return `, more than ${exclusiveMinimum}`;
  if (maxItems !== undefined) return `, at most ${maxItems}`;
  if (maxLength !== undefined) return `, at most ${maxLength} characters`;
  return pattern === undefined ? "" : ` of the form \`${pattern}\``;
}

function cell(text: string): string {
  return text.replace(/\|/g, "\\|");
}

/** Writes the page; with `--check` it only says whether the page in the repository is up to date. */
function main(): void {
  const page = optionsPage();
  if (!process.argv.includes("--check")) {
    writeFileSync(OPTIONS_PAGE, page);
    console.log("docs/options.md is written.");
  } else if (readFileSync(OPTIONS_PAGE, "utf8") !== page) {
    console.error("docs/options.md is not what the options say: npm run docs:options");
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
