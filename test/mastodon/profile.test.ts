import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import type { ActivityRow } from "../../src/database/rows.ts";
import { ensureAccounts } from "../../src/domain/accounts.ts";
import { drainOutgoing } from "../../src/domain/outgoing.ts";
import type { ApiClient } from "./support/api-client.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";

const picture = async (width: number, height: number, type: "png" | "jpeg" = "jpeg"): Promise<File> => {
  const bytes = await sharp({ create: { width, height, channels: 3, background: "teal" } })
    .toFormat(type)
    .toBuffer();
  return new File([new Uint8Array(bytes)], "me", { type: "image/png" });
};

describe("one's own profile", () => {
  let api: StartedApi;
  let app: ApiClient;

  beforeEach(async () => {
    api = await startApi();
    app = await api.client("blog");
  });
  afterEach(() => api.close());

  const change = (parameters: object, options: object = {}) =>
    app.patch("/api/v1/accounts/update_credentials", parameters, options);
  const updates = async (): Promise<Record<string, unknown>[]> => {
    await drainOutgoing(api.site);
    const rows = await api.site.models.activities
      .find({ type: "Update" })
      .sort({ _id: 1 })
      .lean<ActivityRow[]>();
    return rows.map((row) => (JSON.parse(row.body) as { object: Record<string, unknown> }).object);
  };

  it("changes as it is said, and followers hear of it once", async () => {
    const { body } = await change({
      display_name: " Bread & Butter ",
      note: "We bake.\n*Daily.* https://a.example <b>",
      locked: true,
      bot: true,
      discoverable: false,
      indexable: true,
      attribution_domains: ["https://News.example/", "*.shop.example"],
    });
    assert.deepEqual(
      [body.display_name, body.locked, body.bot, body.discoverable, body.indexable],
      ["Bread & Butter", true, true, false, true],
    );
    assert.equal(
      body.note,
      '<p>We bake.<br />*Daily.* <a href="https://a.example">https://a.example</a> &lt;b&gt;</p>',
    );
    assert.equal(body.source.note, "We bake.\n*Daily.* https://a.example <b>");
    assert.deepEqual(body.source.attribution_domains, ["news.example", "shop.example"]);
    const [update, ...others] = await updates();
    assert.deepEqual(others, []);
    assert.deepEqual(
      [update?.["type"], update?.["name"], update?.["manuallyApprovesFollowers"]],
      ["Service", "Bread & Butter", true],
    );
    assert.deepEqual(update?.["attributionDomains"], [api.site.urls.host, "news.example", "shop.example"]);
    await change({ display_name: "Bread & Butter" });
    assert.equal((await updates()).length, 1);
    const document = await fetch(api.site.urls.actor("blog"), {
      headers: { accept: "application/activity+json" },
    });
    assert.equal(((await document.json()) as { name: string }).name, "Bread & Butter");
  });

  it("is no longer what the options say, but keeps to them until then", async () => {
    await ensureAccounts(api.site);
    assert.equal((await api.account()).name, "The Blog");
    await change({ display_name: "Mine" });
    await ensureAccounts(api.site);
    assert.equal((await api.account()).name, "Mine");
  });

  it("leaves alone what is not said, and Markdown that comes back unchanged", async () => {
    const before = (await app.get("/api/v1/accounts/verify_credentials")).body;
    const { body } = await change({ note: before.source.note, locked: true });
    assert.deepEqual([body.note, body.display_name], [before.note, before.display_name]);
    assert.match(body.note, /<em>mostly<\/em>/);
  });

  it("takes fields as a hash, as a list, and multipart", async () => {
    const fields = [
      { name: "Site", value: "https://a.example" },
      { name: "", value: "" },
      { name: "Made of", value: "flour" },
    ];
    const hash = Object.fromEntries(fields.map((field, at) => [String(at), field]));
    for (const [fields_attributes, as] of [
      [fields, "json"],
      [hash, "json"],
      [hash, "form"],
      [hash, "multipart"],
    ] as const) {
      const { body } = await change({ fields_attributes }, { as });
      assert.deepEqual(
        body.fields.map((field: { name: string; value: string }) => [field.name, field.value]),
        [
          ["Site", '<a href="https://a.example">https://a.example</a>'],
          ["Made of", "flour"],
        ],
      );
      assert.equal(body.source.fields[0].value, "https://a.example");
    }
    assert.deepEqual((await change({ fields_attributes: [] })).body.fields, []);
  });

  it("takes pictures, cut to size, shows them to everybody, and forgets the old ones", async () => {
    const sent = {
      avatar: await picture(900, 500),
      header: await picture(300, 300, "png"),
      avatar_description: "a loaf",
    };
    const { body } = await change(sent, { as: "multipart" });
    assert.equal(body.avatar_description, "a loaf");
    for (const [url, width, height] of [
      [body.avatar, 400, 400],
      [body.header, 1500, 500],
    ] as const) {
      const made = await sharp(Buffer.from(await (await fetch(url)).arrayBuffer())).metadata();
      assert.deepEqual([made.width, made.height], [width, height]);
    }
    const [update] = await updates();
    assert.equal((update?.["icon"] as { url: string }).url, body.avatar);
    const { body: again } = await change({ avatar: await picture(500, 500) }, { as: "multipart" });
    assert.notEqual(again.avatar, body.avatar);
    assert.equal((await fetch(body.avatar)).status, 404);
    const { body: bare } = await app.delete("/api/v1/profile/avatar");
    assert.match(bare.avatar, /missing\.png$/);
    await app.delete("/api/v1/profile/avatar");
    await app.delete("/api/v1/profile/header");
    const left = await readdir(join(api.site.options.dataDir, "media"), {
      recursive: true,
      withFileTypes: true,
    });
    assert.deepEqual(
      left.filter((entry) => entry.isFile()),
      [],
    );
  });

  it("hides who follows and is followed where that is wished", async () => {
    const { body } = await change({ hide_collections: true });
    assert.equal(body.source.hide_collections, true);
    const page = await fetch(`${api.site.urls.followers("blog")}?page=true`, {
      headers: { accept: "application/activity+json" },
    });
    assert.deepEqual(((await page.json()) as { orderedItems: unknown[] }).orderedItems, []);
  });

  it("is read and changed by the profile method, with PUT as well", async () => {
    const { body } = await app.get("/api/v1/profile");
    assert.deepEqual([body.display_name, body.avatar, body.note], ["The Blog", null, "Bread, *mostly*."]);
    assert.deepEqual(body.featured_tags, []);
    assert.equal((await app.patch("/api/v1/profile", { display_name: "One" })).body.display_name, "One");
    assert.equal((await app.put("/api/v1/profile", { display_name: "Two" })).body.display_name, "Two");
    assert.equal(
      (await app.put("/api/v1/accounts/update_credentials", { display_name: "" })).body.display_name,
      "blog",
    );
  });

  it("needs the scope", async () => {
    const reader = await api.client("blog", "read");
    await reader.patch("/api/v1/accounts/update_credentials", { display_name: "x" }, { expect: 403 });
    await reader.delete("/api/v1/profile/avatar", {}, { expect: 403 });
    await api.stranger().patch("/api/v1/profile", {}, { expect: 401 });
  });

  describe("refuses", () => {
    const wrong: [string, object, RegExp][] = [
      ["a name that is too long", { display_name: "x".repeat(201) }, /Display name is too long/],
      ["a note that is too long", { note: "x".repeat(5001) }, /Note is too long/],
      [
        "too many fields",
        { fields_attributes: Array.from({ length: 21 }, () => ({ name: "a", value: "b" })) },
        /20 at most/,
      ],
      [
        "a field that is too long",
        { fields_attributes: [{ name: "a", value: "x".repeat(2048) }] },
        /Field value is too long/,
      ],
      ["a domain that is none", { attribution_domains: ["not a domain"] }, /is no domain/],
      ["a language that is none", { source: { language: "Klingon, please" } }, /language tag/],
    ];
    for (const [what, parameters, reason] of wrong)
      it(what, async () => {
        const { body } = await change({ locked: true, ...parameters }, { expect: 422 });
        assert.match(body.error, reason);
        assert.equal((await api.account()).manuallyApprovesFollowers, false, "nothing was changed");
      });

    it("an avatar that is no picture, and says so", async () => {
      for (const bytes of ["<svg xmlns='http://www.w3.org/2000/svg'/>", "<html>", ""]) {
        const avatar = new File([bytes], "me.png", { type: "image/png" });
        const { body } = await change({ avatar, locked: "true" }, { as: "multipart", expect: 422 });
        assert.match(body.error, /content type is invalid/);
      }
      assert.equal((await api.account()).manuallyApprovesFollowers, false);
    });
  });
});
