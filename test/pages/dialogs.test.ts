import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import request from "supertest";
import { removePost } from "../../src/domain/posts.ts";
import { noteBy, storePerson } from "../support/people.ts";
import { receivePost } from "../../src/domain/receive.ts";
import { createNetwork } from "../../src/network/network.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { HOSTILE, runsNothing, stage, type Stage } from "./stage.ts";

const ACCOUNT = "https://blog.example/ap/accounts/blog";

describe("the dialogs that lead to a visitor's own server", () => {
  let made: Stage;
  let server: TestServer;
  /** `localhost:port`: where our visitors are at home. */
  let home: string;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;

  const jrd = (links: object[]) => (_request: IncomingMessage, response: ServerResponse) => {
    response
      .setHeader("content-type", "application/jrd+json")
      .end(JSON.stringify({ subject: `acct:anna@${home}`, links }));
  };
  const template = (text: string): object => ({
    rel: "http://ostatus.org/schema/1.0/subscribe",
    template: text,
  });

  beforeEach(async () => {
    made = await stage();
    server = await startServer((incoming, response) => answer(incoming, response));
    home = `localhost:${server.port}`;
    answer = jrd([template(`http://${home}/interact?uri={uri}`)]);
  });
  afterEach(async () => {
    await made.close();
    await server.close();
  });

  const follow = (handle?: string, more = "") =>
    request(made.app).get(
      `/fediverse/follow?account=blog${handle === undefined ? "" : `&handle=${encodeURIComponent(handle)}`}${more}`,
    );

  it("ask for a handle, and show ours to copy", async () => {
    const { text, headers } = await follow().expect(200);
    assert.match(text, /<label for="handle">Your handle<\/label>/);
    assert.match(text, /<code>@blog@blog\.example<\/code>/);
    assert.match(text, /<form [^>]*method="get" action="\/fediverse\/follow"/);
    assert.match(text, /<input type="hidden" name="account" value="blog">/);
    assert.match(headers["content-security-policy"] ?? "", /form-action 'self' https:/);
    assert.match(headers["cache-control"] ?? "", /no-store/);
    assert.equal(headers["set-cookie"], undefined);
    assert.equal(server.requests.length, 0);
  });

  it("take the visitor to their server with our account's id", async () => {
    for (const handle of [
      `@anna@${home}`,
      `anna@${home}`,
      `acct:anna@${home}`,
      ` anna@${home} `,
      `http://${home}/@anna`,
    ]) {
      const { headers } = await follow(handle).expect(303);
      assert.equal(headers["location"], `http://${home}/interact?uri=${encodeURIComponent(ACCOUNT)}`, handle);
    }
    assert.equal(
      server.requests[0]?.target,
      `/.well-known/webfinger?resource=${encodeURIComponent(`acct:anna@${home}`)}`,
    );
  });

  it("explain what is no handle, without asking anybody", async () => {
    for (const handle of [
      "",
      "anna",
      "@anna",
      "@@",
      "anna@",
      "anna@host",
      "anna@evil.example/path",
      "anna@[::1]",
      "anna@a b.example",
      "x".repeat(5000),
    ]) {
      const { text } = await follow(handle).expect(422);
      assert.match(text, /role="alert"[\s\S]*This is no handle/, handle);
      assert.match(text, /aria-invalid="true"/);
    }
    await request(made.app).get("/fediverse/follow?account=blog&handle=a&handle=b").expect(422);
    assert.equal(server.requests.length, 0);
  });

  it("tell an unknown person, a silent server and one that is none apart", async () => {
    answer = (_request, response) => response.writeHead(404).end();
    assert.match((await follow(`nobody@${home}`).expect(422)).text, /does not know anybody called nobody/);
    answer = (_request, response) => response.writeHead(500).end();
    assert.match((await follow(`anna@${home}`).expect(502)).text, /does not answer\. Is the name/);
    answer = (_request, response) => response.end("<html>a shop</html>");
    assert.match((await follow(`anna@${home}`).expect(422)).text, /does not answer as a fediverse server/);
    const closed = await startServer(() => undefined);
    await closed.close();
    assert.match((await follow(`anna@localhost:${closed.port}`).expect(502)).text, /does not answer/);
  });

  it("say what to do when the server names no page for it", async () => {
    answer = jrd([{ rel: "self", type: "application/activity+json", href: `http://${home}/users/anna` }]);
    const { text } = await follow(`anna@${home}`).expect(422);
    assert.match(text, /does not say how to take you there/);
    assert.match(text, /<code>@blog@blog\.example<\/code>/);
  });

  it("go nowhere that a hostile server names", async () => {
    for (const evil of [
      "javascript:alert('{uri}')",
      "https://evil.example/?uri={uri}",
      `http://${home}@evil.example/?{uri}`,
      "//evil.example/{uri}",
    ]) {
      answer = jrd([template(evil)]);
      const { text, headers } = await follow(`anna@${home}`).expect(422);
      assert.equal(headers["location"], undefined, evil);
      assert.doesNotMatch(text, /evil\.example|javascript/);
    }
    answer = jrd([template(`http://${home}/\r\nSet-Cookie: a=b?uri={uri}`)]);
    const { headers } = await follow(`anna@${home}`);
    assert.doesNotMatch(headers["location"] ?? "", /[\r\n]/);
    assert.doesNotMatch(String(headers["set-cookie"]), /a=b/);
  });

  it("redirect nobody who came by a link of another site: they read first where it leads", async () => {
    for (const from of ["cross-site", "same-site", "none"]) {
      const { text } = await follow(`anna@${home}`).set("Sec-Fetch-Site", from).expect(200);
      assert.match(text, new RegExp(`Continue to ${home}`), from);
    }
    await follow(`anna@${home}`).set("Sec-Fetch-Site", "same-origin").expect(303);
  });

  it("remember the handle in the browser alone, and only when asked to", async () => {
    const plain = await follow(`anna@${home}`).expect(303);
    assert.match(String(plain.headers["set-cookie"]), /fediverse_handle=; Path=\/fediverse; Max-Age=0/);
    const { headers } = await follow(`anna@${home}`, "&remember=1").expect(303);
    const cookie = String(headers["set-cookie"]);
    assert.match(
      cookie,
      /^fediverse_handle=%40anna%40localhost%3A\d+; Path=\/fediverse; Max-Age=31536000; HttpOnly; SameSite=Lax; Secure$/,
    );
    const { text } = await follow().set("Cookie", `other=1; ${cookie.split(";")[0] ?? ""}`);
    assert.match(text, new RegExp(`value="@anna@${home}"`));
    assert.match(text, /name="remember" type="checkbox" value="1" checked/);
  });

  it("show what stands in a cookie as text, or not at all", async () => {
    for (const value of [
      encodeURIComponent(HOSTILE),
      "%E0%A4%A",
      "x".repeat(2000),
      HOSTILE.replaceAll(";", ""),
    ]) {
      const { text } = await follow().set("Cookie", `fediverse_handle=${value}`).expect(200);
      assert.ok(runsNothing(text), value);
    }
  });

  it("show what was typed as text", async () => {
    const { text } = await follow(HOSTILE).expect(422);
    assert.ok(runsNothing(text));
    assert.ok(text.includes("&quot;&gt;&lt;script&gt;"));
  });

  it("ask other servers no more often than is polite", async () => {
    for (let n = 0; n < 10; n += 1) await follow(`anna@${home}`).expect(303);
    const before = server.requests.length;
    const { headers, text } = await follow(`anna@${home}`).expect(429);
    assert.equal(headers["retry-after"], "6");
    assert.match(text, /wait 6 seconds/);
    assert.equal(server.requests.length, before);
    made.clock.advance(6000);
    await follow(`anna@${home}`).expect(303);
  });

  it("do not ask ourselves, nor a blocked host", async () => {
    assert.match((await follow("anna@blog.example").expect(422)).text, /is this site/);
    const strict = await stage({ blockedHosts: ["localhost"] });
    const { text } = await request(strict.app)
      .get(`/fediverse/follow?account=blog&handle=${encodeURIComponent(`anna@${home}`)}`)
      .expect(422);
    assert.match(text, /do not speak with each other/);
    assert.equal(server.requests.length, 0);
    await strict.close();
  });

  it("reach no private address on a public site", async () => {
    const network = createNetwork({ userAgent: "test" });
    const open = await stage({ allowPrivateNetwork: false, network });
    for (const host of [home, `127.0.0.1:${server.port}`, "0x7f000001", "localhost"]) {
      const { status, headers } = await request(open.app).get(
        `/fediverse/follow?account=blog&handle=${encodeURIComponent(`anna@${host}`)}`,
      );
      assert.deepEqual([status >= 400, headers["location"]], [true, undefined], host);
    }
    assert.equal(server.connections, 0);
    await open.close();
  });

  it("say what is missing", async () => {
    await request(made.app).get("/fediverse/follow").expect(400);
    await request(made.app).get("/fediverse/follow?account[]=blog").expect(400);
    for (const account of ["nobody", "*site", HOSTILE, "x".repeat(500)]) {
      const { text } = await request(made.app)
        .get(`/fediverse/follow?account=${encodeURIComponent(account)}`)
        .expect(404);
      assert.ok(runsNothing(text));
    }
    await request(made.app).get("/fediverse/interact").expect(400);
    await request(made.app).get("/fediverse/interact?uri=https://nowhere.example/1").expect(404);
  });

  describe("for a post", () => {
    const interact = (uri: string, more = "") =>
      request(made.app).get(`/fediverse/interact?uri=${encodeURIComponent(uri)}${more}`);

    it("name it and go there with its id, by whatever name it was asked for", async () => {
      const post = await made.publish({
        url: "https://blog.example/posts/rye",
        title: "Rye",
        markdown: "Stir.",
      });
      for (const name of [post.uri, post.url, `${post.url}/?utm_source=x#top`]) {
        assert.match(
          (await interact(name).expect(200)).text,
          /Reply from your own server[\s\S]*Rye[\s\S]*Stir\./,
        );
        const { headers } = await interact(name, `&handle=anna@${home}`).expect(303);
        assert.equal(headers["location"], `http://${home}/interact?uri=${encodeURIComponent(post.uri)}`);
      }
    });

    it("differ by what the visitor wants", async () => {
      const post = await made.publish({ markdown: "Stir." });
      assert.match((await interact(post.uri, "&action=boost")).text, /<h1>Boost from your own server/);
      assert.match((await interact(post.uri, "&action=like")).text, /<h1>Like from your own server/);
      for (const action of ["constructor", "__proto__", HOSTILE])
        assert.match(
          (await interact(post.uri, `&action=${encodeURIComponent(action)}`)).text,
          /<h1>Reply from/,
        );
    });

    it("are no fault of ours where the host reads queries as objects, and the visitor sends one", async () => {
      const post = await made.publish({ markdown: "Stir." });
      made.app.set("query parser", "extended");
      for (const more of ["&action[toString]=x", "&action[0]=like", "&action=like&action=boost"])
        assert.match((await interact(post.uri, more).expect(200)).text, /<h1>Reply from/);
    });

    it("know comments, too", async () => {
      const post = await made.publish({ markdown: "Stir." });
      const anna = await storePerson(made.site, "anna");
      const note = noteBy(anna, { inReplyTo: post.uri, content: "<p>With what?</p>" });
      await receivePost(made.site, anna, note);
      assert.match((await interact(note.uri)).text, /@anna@remote\.example[\s\S]*With what\?/);
      const { headers } = await interact(note.uri, `&handle=anna@${home}`).expect(303);
      assert.ok(headers["location"]?.endsWith(encodeURIComponent(note.uri)));
    });

    it("show nothing of what is not for everybody", async () => {
      const post = await made.publish({ markdown: "for FRIENDS", visibility: "followers" });
      const gone = await made.publish({ markdown: "GONE soon" });
      await removePost(made.site, gone.uri);
      for (const { uri } of [post, gone])
        assert.doesNotMatch((await interact(uri).expect(404)).text, /FRIENDS|GONE/);
    });
  });
});
