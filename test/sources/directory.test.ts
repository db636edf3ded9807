import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PostRow } from "../../src/database/rows.ts";
import { findPost } from "../../src/domain/find-post.ts";
import { directory } from "../../src/sources/directory.ts";
import { MINUTE } from "../../src/support/clock.ts";
import { OptionsError } from "../../src/support/errors.ts";
import type { Logger } from "../../src/support/logger.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { TestClock } from "../support/test-clock.ts";
import { until } from "../support/until.ts";

const post = (title: string, text = "Flour.", more = ""): string =>
  `---\ntitle: ${title}\ndate: 2026-03-02\n${more}---\n${text}\n`;

describe("a folder of Markdown files", () => {
  let made: HandMadeSite;
  let folder: string;
  let clock: TestClock;
  const warnings: string[] = [];
  const logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (fields, message) => void warnings.push(`${message} ${JSON.stringify(fields)}`),
    error: () => undefined,
  };

  beforeEach(async () => {
    warnings.length = 0;
    clock = new TestClock(new Date("2026-03-01T00:00:00Z"));
    made = await makeSite({ clock, logger });
    clock.advance(7 * 24 * 60 * MINUTE);
    folder = await mkdtemp(join(tmpdir(), "fedi-posts-"));
  });
  afterEach(async () => {
    await made.close();
    await rm(folder, { recursive: true, force: true });
  });

  const live = (): Promise<PostRow[]> =>
    made.site.models.posts
      .find({ deletedAt: { $exists: false } })
      .sort({ _id: 1 })
      .lean<PostRow[]>();
  const titles = async (): Promise<(string | undefined)[]> => (await live()).map((row) => row.title);

  it("is published, subfolders too, each under the address of its name", async () => {
    await writeFile(join(folder, "2026-03-02-rye.md"), post("Rye"));
    await mkdir(join(folder, "wheat"));
    await writeFile(join(folder, "wheat", "index.md"), post("Wheat"));
    await writeFile(join(folder, "_draft.md"), post("Hidden"));
    await writeFile(join(folder, "notes.txt"), "not a post");
    const source = directory(folder, { watch: false });
    await source.start(made.site);
    assert.deepEqual((await live()).map((row) => row.url).sort(), [
      "https://blog.example/posts/rye",
      "https://blog.example/posts/wheat",
    ]);
    await source.stop();
  });

  it("leaves out what lies in a folder of drafts, of templates or of rubbish, and takes Jekyll's _posts", async () => {
    for (const name of ["_posts", "_drafts", ".trash", "node_modules", join("bread", "_includes")]) {
      await mkdir(join(folder, name), { recursive: true });
      await writeFile(join(folder, name, "a.md"), post(`In ${name}`));
    }
    await directory(folder, { watch: false }).start(made.site);
    assert.deepEqual(await titles(), ["In _posts"]);
  });

  it("takes the date in a file's name where the front matter has none", async () => {
    await writeFile(join(folder, "2019-03-02-rye.md"), "---\ntitle: Rye\n---\nFlour.\n");
    await writeFile(join(folder, "2019-03-02-oat.md"), post("Oat"));
    await writeFile(join(folder, "2019-13-40-emmer.md"), "---\ntitle: Emmer\n---\nFlour.\n");
    await writeFile(join(folder, "2027-03-02-spelt.md"), "---\ntitle: Spelt\n---\nFlour.\n");
    await directory(folder, { watch: false }).start(made.site);
    assert.deepEqual(
      (await live()).map((row) => [row.title, row.publishedAt.toISOString().slice(0, 10), row.federated]),
      [
        ["Rye", "2019-03-02", false],
        ["Oat", "2026-03-02", true],
        ["Emmer", "2026-03-08", true],
      ],
    );
  });

  it("takes one of two files of one address, the same each time, and says so", async () => {
    await mkdir(join(folder, "rye"));
    await writeFile(join(folder, "rye", "index.md"), post("The folder's"));
    await writeFile(join(folder, "rye.md"), post("The file's").replace("03-02", "03-03"));
    const source = directory(folder, { watch: false });
    await source.start(made.site);
    await source.poll?.();
    assert.deepEqual(
      (await live()).map((row) => [row.title, row.updatedAt]),
      [["The folder's", undefined]],
    );
    assert.match(warnings.join("\n"), /two posts of a source have one address.*posts\/rye/);
  });

  it("takes the host's own addresses", async () => {
    await writeFile(join(folder, "rye.md"), post("Rye"));
    const source = directory(folder, {
      watch: false,
      url: (slug) => `https://blog.example/bread/${slug}.html`,
    });
    await source.start(made.site);
    assert.ok(await findPost(made.site, "https://blog.example/bread/rye.html"));
    await source.stop();
  });

  it("sends a changed file as an edit, an unchanged one not at all, a vanished one as a removal", async () => {
    await writeFile(join(folder, "rye.md"), post("Rye"));
    await writeFile(join(folder, "wheat.md"), post("Wheat"));
    const source = directory(folder, { watch: false });
    await source.start(made.site);
    await made.site.models.posts.updateMany({}, { $unset: { outgoing: 1, outgoingAt: 1 } });
    await source.poll?.();
    assert.equal(await made.site.models.posts.countDocuments({ outgoingAt: { $exists: true } }), 0);
    await writeFile(join(folder, "rye.md"), post("Rye, again"));
    await unlink(join(folder, "wheat.md"));
    await source.poll?.();
    assert.deepEqual(await titles(), ["Rye, again"]);
    const intents = (
      await made.site.models.posts.find({ outgoingAt: { $exists: true } }).lean<PostRow[]>()
    ).map((row) => row.outgoing?.[0]?.type);
    assert.deepEqual(intents.sort(), ["Delete", "Update"]);
    await source.stop();
  });

  it("leaves drafts and posts of tomorrow out until their time, and takes back what became a draft", async () => {
    await writeFile(join(folder, "draft.md"), post("Draft", "x", "draft: true\n"));
    await writeFile(join(folder, "tomorrow.md"), "---\ntitle: Tomorrow\ndate: 2026-03-09\n---\nx\n");
    await writeFile(join(folder, "rye.md"), post("Rye"));
    const source = directory(folder, { watch: false });
    await source.start(made.site);
    assert.deepEqual(await titles(), ["Rye"]);
    clock.advance(2 * 24 * 60 * MINUTE);
    await writeFile(join(folder, "rye.md"), post("Rye", "x", "draft: true\n"));
    await source.poll?.();
    assert.deepEqual(await titles(), ["Tomorrow"]);
    await source.stop();
  });

  it("with a file that cannot be read takes the others, says which line is wrong, and removes nothing meanwhile", async () => {
    await writeFile(join(folder, "rye.md"), post("Rye"));
    await writeFile(join(folder, "wheat.md"), post("Wheat"));
    const source = directory(folder, { watch: false });
    await source.start(made.site);
    await writeFile(join(folder, "rye.md"), "---\ntitle: Rye\ndate: not a date\n---\nx\n");
    await unlink(join(folder, "wheat.md"));
    await source.poll?.();
    assert.deepEqual((await titles()).sort(), ["Rye", "Wheat"]);
    assert.match(warnings.join("\n"), /post file was not taken.*rye\.md, line 3/);
    await source.stop();
  });

  it("that is suddenly empty is taken for a disk that is not mounted", async () => {
    await writeFile(join(folder, "rye.md"), post("Rye"));
    const source = directory(folder, { watch: false });
    await source.start(made.site);
    await unlink(join(folder, "rye.md"));
    await source.poll?.();
    assert.deepEqual(await titles(), ["Rye"]);
    assert.match(warnings.join("\n"), /nothing is removed/);
    await source.stop();
  });

  it("is watched: a new file is published without being asked", async () => {
    const source = directory(folder);
    await source.start(made.site);
    await writeFile(join(folder, "rye.md"), post("Rye"));
    await until(async () => (await titles()).length === 1);
    await source.stop();
  });

  it("is not read to its end when the site ends meanwhile: the next start goes on, and removes nothing before", async () => {
    for (const name of ["emmer", "oat", "rye"]) await writeFile(join(folder, `${name}.md`), post(name));
    const source = directory(folder, { watch: false });
    made.site.events.once("published", () => void source.stop());
    await source.start(made.site);
    await source.stop();
    assert.equal((await live()).length, 1);
    assert.deepEqual(warnings, []);
    await source.start(made.site);
    assert.equal((await live()).length, 3);
  });

  it("is left alone by a site that ends while it is about to watch", async () => {
    const watched = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === "FSEventWrap").length;
    const before = watched();
    const source = directory(folder);
    const starting = source.start(made.site);
    await source.stop();
    await starting;
    assert.equal(watched(), before);
  });

  it("that is not there, or is a file, stops the start with a sentence", async () => {
    await assert.rejects(
      directory(join(folder, "missing")).start(made.site),
      /is not there. Give the folder/,
    );
    await writeFile(join(folder, "file.md"), "x");
    await assert.rejects(directory(join(folder, "file.md")).start(made.site), /is not a folder/);
    assert.throws(() => directory(""), OptionsError);
  });
});
