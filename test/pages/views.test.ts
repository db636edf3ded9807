import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createViews } from "../../src/pages/views.ts";
import { FediverseError, OptionsError } from "../../src/support/errors.ts";

const MESSAGE = { site: { host: "blog.example" }, head: { title: "T", links: [], meta: [] } };

describe("the views", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "fedi-views-"));
    mkdirSync(join(folder, "partials"));
    mkdirSync(join(folder, "assets"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);

  it("escape everything that is not marked as clean", () => {
    const html = createViews().render("message", { ...MESSAGE, title: "<b>&\"'", text: "{{title}}" });
    assert.match(html, /<h1>&lt;b&gt;&amp;&quot;&#x27;<\/h1>/);
    assert.match(html, /<p>\{\{title\}\}<\/p>/, "text is never read as a template");
  });

  it("do not reach the prototype of what they show", () => {
    write("message.hbs", "[{{constructor}}{{constructor.name}}{{__proto__.x}}{{title.constructor.name}}]");
    assert.equal(createViews(folder).render("message", { title: "x" }), "[]");
  });

  it("are replaced by the host's file of the same name, the others stay", () => {
    write("message.hbs", "<p>our own: {{title}}</p>");
    const views = createViews(folder);
    assert.equal(views.render("message", { title: "<x>" }), "<p>our own: &lt;x&gt;</p>");
    assert.match(views.render("comments", { total: 0 }), /No comments yet/);
  });

  it("take the host's partials, too, in our pages", () => {
    write("partials/layout.hbs", "<main class=host>{{> @partial-block}}</main>");
    assert.match(createViews(folder).render("message", { ...MESSAGE, title: "T" }), /^<main class=host>/);
  });

  it("take further partials of the host", () => {
    write("message.hbs", "{{> greeting}}");
    write("partials/greeting.hbs", "Good morning, {{title}}");
    assert.equal(createViews(folder).render("message", { title: "you" }), "Good morning, you");
  });

  it("take the host's stylesheet at an address of its own", () => {
    const before = createViews().assetUrl("pages.css");
    write("assets/pages.css", "body { color: tomato }");
    const views = createViews(folder);
    assert.notEqual(views.assetUrl("pages.css"), before);
    assert.equal(views.asset("pages.css")?.content.toString(), "body { color: tomato }");
    assert.match(views.assetUrl("pages.css"), /^\/fediverse\/assets\/pages\.[0-9a-f]{12}\.css$/);
  });

  it("tell at the start which file has a mistake", () => {
    write("post.hbs", "<p>{{#if title}}</p>");
    assert.throws(
      () => createViews(folder),
      (error: Error) => error instanceof OptionsError && error.message.includes(join(folder, "post.hbs")),
    );
  });

  it("tell of a word that they do not know", () => {
    write("post.hbs", "{{shout title loud=true}}");
    assert.throws(() => createViews(folder), /post\.hbs has a mistake.*shout/s);
  });

  it("tell of a folder that is not there", () => {
    assert.throws(() => createViews(join(folder, "nowhere")), /option "views": there is no folder .*nowhere/);
  });

  it("say which view failed when a partial is missing", () => {
    write("message.hbs", "{{> nothing}}");
    assert.throws(
      () => createViews(folder).render("message", {}),
      (error: Error) => error instanceof FediverseError && /the view message\.hbs failed/.test(error.message),
    );
  });

  it("say dates, numbers and plurals for people and machines", () => {
    write(
      "message.hbs",
      '{{date at class="dt-x"}}|{{date at time=true}}|{{plural 1 "reply" "replies"}}|{{plural 1204 "reply" "replies"}}|{{plural 0 "like"}}|{{plural 2 "like" bare=true}}|{{number 98765}}|{{date nothing}}',
    );
    const html = createViews(folder).render("message", { at: new Date("2026-03-07T08:15:00Z") });
    assert.deepEqual(html.split("|"), [
      '<time class="dt-x" datetime="2026-03-07T08:15:00.000Z">7 March 2026</time>',
      '<time datetime="2026-03-07T08:15:00.000Z">7 Mar 2026, 08:15 UTC</time>',
      "1 reply",
      "1,204 replies",
      "0 likes",
      "likes",
      "98,765",
      "",
    ]);
  });

  it("leave the lines of code as they are", () => {
    const html = "<pre><code>one\n  two\n    three\n</code></pre>";
    const views = createViews();
    const comment = { author: { name: "A", handle: "@a@b", url: "#", hue: 1, initial: "A" }, html, id: "1" };
    const nested = { ...comment, id: "2", replies: [comment] };
    assert.equal(
      views.render("comments", { total: 2, comments: [nested] }).split(html).length - 1,
      2,
      "indented neither at the top nor beneath another comment",
    );
  });
});
