import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { OPTIONS_PAGE, optionsPage } from "../../scripts/options-page.ts";
import { flags } from "../../src/cli/flags.ts";
import { accountSchema, optionsSchema } from "../../src/options.ts";

describe("docs/options.md", () => {
  it("is what `npm run docs:options` makes of the options now", async () => {
    assert.equal(await readFile(OPTIONS_PAGE, "utf8"), optionsPage());
  });

  it("names every option and every field of an account, each with a description", () => {
    const page = optionsPage();
    for (const name of Object.keys(optionsSchema.shape)) {
      assert.match(page, new RegExp(`^## \`${name}(\\.[a-zA-Z0-9]+)?\`\\n\\n\\S`, "m"), name);
    }
    for (const name of Object.keys(accountSchema.shape)) {
      assert.match(page, new RegExp(`^\\| \`${name}\` \\|.*\\| [A-Z].* \\|$`, "m"), name);
    }
  });

  it("gives each flag of the command line with its environment variable", () => {
    const page = optionsPage();
    for (const { flag, variable } of flags())
      assert.ok(page.includes(`Flag \`--${flag}\`, variable \`${variable}\``), flag);
  });
});
