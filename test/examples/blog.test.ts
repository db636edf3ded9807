import assert from "node:assert/strict";
import { until } from "../support/until.ts";
import { cleanUp, runExample, type Running } from "./run-example.ts";

const ACTIVITY = { headers: { Accept: "application/activity+json" } };

describe("the example blog", function () {
  this.timeout(90_000);
  let blog: Running;

  before(async () => {
    blog = await runExample("blog");
    await blog.child.prints(/Its handle/, 80_000);
    await until(async () => (await comments("starting-a-starter")).post !== null, "all posts taken", 30_000);
  });
  after(() => cleanUp(blog));

  const get = (path: string, init?: RequestInit): Promise<Response> => fetch(`${blog.origin}${path}`, init);
  const text = async (path: string): Promise<string> => (await get(path)).text();
  const comments = async (slug: string): Promise<{ post: { uri: string } | null; total: number }> =>
    (await get(`/fediverse/comments.json?url=${blog.origin}/posts/${slug}`)).json() as never;

  it("says where it is, what its handle is and what to try", () => {
    const printed = blog.child.stdout();
    assert.ok(printed.includes(blog.origin));
    assert.ok(printed.includes(`@blog@localhost:${blog.port}`));
    assert.match(printed, /curl -H 'Accept: application\/activity\+json'/);
    assert.match(printed, /allowPrivateNetwork/);
  });

  it("shows six posts, with pictures, code and tags", async () => {
    const home = await text("/");
    const paths = [...home.matchAll(/<h2><a href="(\/posts\/[^"]+)"/g)].map(([, path = ""]) => path);
    assert.equal(paths.length, 6);
    for (const path of paths) {
      const page = await text(path);
      assert.match(page, /<h1>[^<]+<\/h1>/, path);
      assert.match(page, /href="\/topics\/[\w-]+"/, path);
      assert.match(page, /<link rel="alternate" type="application\/activity\+json"/, path);
      assert.match(page, /Reply from your own server/, path);
      for (const [, source = ""] of page.matchAll(/<img[^>]*src="([^"]+)"/g))
        assert.equal((await get(source)).status, 200, source);
    }
    assert.match(await text("/posts/the-arithmetic-of-dough"), /<pre><code class="language-js">/);
    assert.match(await text("/topics/baker-s-percentages"), /The arithmetic of dough/);
  });

  it("has a feed, and an own word for what is not there", async () => {
    assert.equal((await text("/feed.xml")).match(/<item>/g)?.length, 6);
    for (const path of ["/nothing", "/posts/nothing", "/topics/nothing", "/@nobody"])
      assert.equal((await get(path)).status, 404, path);
    assert.match(await text("/posts/nothing"), /Crumb &amp; Crust/);
  });

  it("is an account of the fediverse", async () => {
    const found = await get(`/.well-known/webfinger?resource=acct:blog@localhost:${blog.port}`);
    const { links } = (await found.json()) as { links: { rel: string; href: string }[] };
    const self = links.find(({ rel }) => rel === "self")?.href ?? "";
    const actor = (await (await fetch(self, ACTIVITY)).json()) as Record<string, unknown>;
    assert.equal(actor["name"], "Crumb & Crust");
    assert.match(await text("/@blog"), /Crumb &amp; Crust[\s\S]*In praise of rye/);
  });

  it("answers a post's page with the article to who asks for one", async () => {
    const answer = await get("/posts/in-praise-of-rye", ACTIVITY);
    assert.match(answer.headers.get("content-type") ?? "", /activity\+json/);
    const article = (await answer.json()) as Record<string, unknown>;
    assert.equal(article["type"], "Article");
    assert.equal(article["url"], `${blog.origin}/posts/in-praise-of-rye`);
    assert.match(String(article["content"]), /stir rye like mortar/);
  });

  it("says which port is taken, and ends with 1", async () => {
    const second = await runExample("blog", { port: blog.port });
    const { code, stderr } = await second.child.ended();
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`Port ${blog.port} is taken[^\\n]*PORT=`));
    await cleanUp(second);
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`closes cleanly at ${signal} and finds its posts again`, async () => {
      const first = await runExample("blog");
      await first.child.prints(/Its handle/, 80_000);
      await first.child.stop(signal);
      assert.equal((await first.child.ended()).code, 0);
      const again = await runExample("blog", { folder: first.folder, port: first.port });
      await again.child.prints(/Its handle/, 80_000);
      const answer = await fetch(`${again.origin}/@blog`);
      assert.match(await answer.text(), /<strong>6<\/strong> posts/);
      await cleanUp(again);
    });
  }
});
