import { parseArgs } from "node:util";
import { z } from "zod";
import { optionsSchema } from "../options.ts";
import { OptionsError } from "../support/errors.ts";

/** One option of `fediverse()` as the command line and the environment know it. */
export interface Flag {
  /** `delivery.perHost` */
  path: string;
  /** `delivery-per-host` */
  flag: string;
  /** `FEDIVERSE_DELIVERY_PER_HOST` */
  variable: string;
  description: string;
  type: "string" | "number" | "boolean" | "list";
  default?: unknown;
  choices?: string[];
}

/** Options that only code can give: functions, objects, and what has a command or a flag of its own. */
const ONLY_IN_CODE = new Set(["posts", "authenticate", "logger", "clock", "accounts", "clockwork"]);

interface JsonSchema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: string[];
  properties?: Record<string, JsonSchema>;
}

/** The options as JSON Schema: what the flags and docs/options.md are made from. */
export function optionsAsJsonSchema(): JsonSchema {
  return z.toJSONSchema(optionsSchema, {
    io: "input",
    unrepresentable: "any",
    reused: "inline",
  }) as JsonSchema;
}

/** Every option that can be given as text. */
export function flags(schema: JsonSchema = optionsAsJsonSchema(), prefix = ""): Flag[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]): Flag[] => {
    const path = `${prefix}${name}`;
    if (ONLY_IN_CODE.has(path)) return [];
    if (property.properties) return flags(property, `${path}.`);
    const words = path.replace(/\./g, "-").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return [
      {
        path,
        flag: words,
        variable: `FEDIVERSE_${words.replace(/-/g, "_").toUpperCase()}`,
        description: property.description ?? "",
        type: typeOf(property),
        ...(property.default === undefined ? {} : { default: property.default }),
        ...(property.enum === undefined ? {} : { choices: property.enum }),
      },
    ];
  });
}

function typeOf(property: JsonSchema): Flag["type"] {
  if (property.type === "boolean") return "boolean";
  if (property.type === "number" || property.type === "integer") return "number";
  return property.type === "array" ? "list" : "string";
}

/** A flag that belongs to one command and is no option of `fediverse()`. */
export interface CommandFlag {
  flag: string;
  type: "string" | "boolean";
  multiple?: boolean;
}

export interface CommandLine {
  /** For `fediverse()`. */
  options: Record<string, unknown>;
  /** The command's own flags. */
  own: Record<string, string | boolean | string[] | undefined>;
  positionals: string[];
}

/**
 * Reads flags, then the environment for what no flag says.
 * @throws {OptionsError} for a flag that does not exist, or a value of the wrong kind.
 */
export function readCommandLine(
  argv: string[],
  environment: NodeJS.ProcessEnv,
  own: readonly CommandFlag[],
): CommandLine {
  const known = flags();
  const { values, positionals } = parse(argv, known, own);
  const options: Record<string, unknown> = {};
  for (const flag of known) {
    const given = values[flag.flag] ?? environment[flag.variable];
    if (given === undefined || given === "") continue;
    setAt(options, flag.path.split("."), convert(flag, given));
  }
  return {
    options,
    own: Object.fromEntries(own.map(({ flag }) => [flag, values[flag]])),
    positionals,
  };
}

function parse(
  argv: string[],
  known: readonly Flag[],
  own: readonly CommandFlag[],
): Pick<CommandLine, "positionals"> & { values: CommandLine["own"] } {
  const options: Record<string, { type: "string" | "boolean"; multiple: boolean }> = {};
  for (const flag of known)
    options[flag.flag] = {
      type: flag.type === "boolean" ? "boolean" : "string",
      multiple: flag.type === "list",
    };
  for (const flag of own) options[flag.flag] = { type: flag.type, multiple: flag.multiple ?? false };
  try {
    const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, strict: true, options });
    return { values: values as CommandLine["own"], positionals };
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/\. To specify.*$/s, ".") : String(error);
    throw new OptionsError(`${reason} \`express-fediverse help\` lists the flags.`, error);
  }
}

function convert(flag: Flag, given: string | boolean | string[]): unknown {
  if (flag.type === "list")
    return (Array.isArray(given) ? given : [String(given)])
      .flatMap((text) => text.split(","))
      .map((text) => text.trim());
  if (flag.type === "boolean") {
    if (typeof given === "boolean") return given;
    if (/^(1|true|yes|on)$/i.test(String(given))) return true;
    if (/^(0|false|no|off)$/i.test(String(given))) return false;
    throw new OptionsError(`${flag.variable} is "${String(given)}"; wanted: true or false.`);
  }
  if (flag.type === "number") {
    const number = Number(given);
    if (Number.isNaN(number))
      throw new OptionsError(`--${flag.flag} (${flag.variable}) is "${String(given)}"; wanted: a number.`);
    return number;
  }
  return given;
}

function setAt(target: Record<string, unknown>, path: string[], value: unknown): void {
  const [head = "", ...rest] = path;
  if (rest.length === 0) target[head] = value;
  else setAt((target[head] ??= {}) as Record<string, unknown>, rest, value);
}
