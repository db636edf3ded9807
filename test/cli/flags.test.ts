import assert from "node:assert/strict";
import { flags, readCommandLine, type Flag } from "../../src/cli/flags.ts";
import { help } from "../../src/cli/help.ts";
import { optionsSchema, readOptions } from "../../src/options.ts";
import { OptionsError } from "../../src/support/errors.ts";

/** A value that the option takes, as text. */
function sample(flag: Flag): { text: string; value: unknown } {
  const special: Record<string, string> = {
    origin: "https://blog.example",
    database: "mongodb://127.0.0.1/blog",
    author: "anna",
    language: "pt-BR",
    collectionPrefix: "mine_",
    loginUrl: "/login",
    contactEmail: "owner@blog.example",
  };
  const text = special[flag.path] ?? flag.choices?.at(-1);
  if (text !== undefined) return { text, value: text };
  if (flag.type === "number") return { text: "7", value: 7 };
  if (flag.type === "boolean") return { text: "yes", value: true };
  return flag.type === "list" ? { text: "a.example", value: ["a.example"] } : { text: "x", value: "x" };
}

const at = (options: Record<string, unknown>, path: string): unknown =>
  path.split(".").reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], options);

describe("flags and variables", () => {
  it("exist for every option that can be written as text", () => {
    const named = new Set(flags().map((flag) => flag.path.split(".")[0]));
    const inCode = ["posts", "authenticate", "logger", "clock", "accounts", "clockwork"];
    for (const option of Object.keys(optionsSchema.shape))
      assert.ok(named.has(option) !== inCode.includes(option), option);
  });

  for (const flag of flags()) {
    const { text, value } = sample(flag);

    it(`--${flag.flag} and ${flag.variable} set ${flag.path}`, () => {
      const argument = flag.type === "boolean" ? [`--${flag.flag}`] : [`--${flag.flag}`, text];
      assert.deepEqual(at(readCommandLine(argument, {}, []).options, flag.path), value);
      assert.deepEqual(at(readCommandLine([], { [flag.variable]: text }, []).options, flag.path), value);
    });
  }

  it("are all taken together by fediverse()", () => {
    const environment = Object.fromEntries(flags().map((flag) => [flag.variable, sample(flag).text]));
    const options = readOptions(readCommandLine([], environment, []).options);
    assert.equal(options.delivery.perHost, 7);
    assert.equal(options.allowPrivateNetwork, true);
    assert.deepEqual(options.blockedHosts, ["a.example"]);
  });

  it("give the flag precedence, and take an empty variable for none", () => {
    const environment = { FEDIVERSE_LANGUAGE: "en", FEDIVERSE_AUTHOR: "" };
    const { options } = readCommandLine(["--language", "de"], environment, []);
    assert.deepEqual(options, { language: "de" });
  });

  it("take a list from repeated flags and from commas", () => {
    const repeated = ["--blocked-hosts", "a.example", "--blocked-hosts", "b.example"];
    assert.deepEqual(readCommandLine(repeated, {}, []).options["blockedHosts"], ["a.example", "b.example"]);
    const commas = { FEDIVERSE_BLOCKED_HOSTS: "a.example, b.example" };
    assert.deepEqual(readCommandLine([], commas, []).options["blockedHosts"], ["a.example", "b.example"]);
  });

  for (const [what, argv, environment, message] of [
    ["a flag that is none", ["--colour", "red"], {}, /--colour.*help` lists the flags/],
    ["a flag without its value", ["--origin"], {}, /--origin.*argument missing/],
    ["a number that is none", ["--delivery-lease", "soon"], {}, /--delivery-lease.*"soon"; wanted: a number/],
    [
      "a variable that is neither true nor false",
      [],
      { FEDIVERSE_ALLOW_PRIVATE_NETWORK: "perhaps" },
      /FEDIVERSE_ALLOW_PRIVATE_NETWORK is "perhaps"; wanted: true or false/,
    ],
  ] as const) {
    it(`refuse ${what}, by name`, () => {
      assert.throws(
        () => readCommandLine([...argv], environment, []),
        (error) => error instanceof OptionsError && message.test(error.message),
      );
    });
  }

  it("are all in the help, with their defaults", () => {
    const text = help();
    for (const flag of flags()) {
      assert.ok(text.includes(`--${flag.flag}`), flag.flag);
      assert.ok(text.includes(flag.variable), flag.variable);
      if (typeof flag.default === "number") assert.ok(text.includes(`Default ${flag.default}.`), flag.path);
    }
  });
});
