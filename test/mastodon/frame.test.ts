import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import express, { type RequestHandler } from "express";
import { answerError } from "../../src/error-answer.ts";
import { giveToken, revokeToken } from "../../src/domain/tokens.ts";
import { ApiTable, type Context, type MethodOptions } from "../../src/mastodon/api.ts";
import { crossOrigin } from "../../src/mastodon/cors.ts";
import { answerRefusal, invalidField } from "../../src/mastodon/errors.ts";
import { pageOf, setPageLinks } from "../../src/mastodon/paging.ts";
import { ApiClient } from "./support/api-client.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";

/** Methods that no real server has, to look at the frame alone. */
const ECHO = "/api/v9/echo";

describe("the frame of the API", () => {
  let api: StartedApi;
  let token: string;
  /** With a body parser of the host's in front. */
  let parsed: StartedApi;

  const methods = (site: () => StartedApi["site"]): RequestHandler => {
    let table: ApiTable | undefined;
    const make = (): ApiTable => {
      const made = new ApiTable(site());
      const echo = ({ params, files }: Context) => ({
        said: params.raw(),
        files: files.map(({ path: _, ...rest }) => rest),
      });
      for (const verb of ["get", "post", "put", "patch", "delete"] as const) {
        made[verb](ECHO, { auth: "none" }, echo);
        made[verb](`${ECHO}/:id`, { auth: "none" }, echo);
      }
      made.post("/api/v9/files", { upload: true, scope: "write:media" }, echo);
      made.post("/api/v9/fields", { scope: "write:media" }, echo);
      const open: [string, MethodOptions][] = [
        ["user", { scope: "read:lists" }],
        ["either", { scope: ["write:blocks", "follow"] }],
        ["app", { auth: "app" }],
        ["optional", { auth: "optional", scope: "read:lists" }],
      ];
      for (const [name, options] of open)
        made.get(`/api/v9/for/${name}`, options, ({ viewer }) => ({ who: viewer.account?.username ?? null }));
      made.get("/api/v9/account", { auth: "app" }, ({ account }) => ({ name: account.username }));
      made.get("/api/v9/nothing", { auth: "none" }, () => undefined);
      made.get("/api/v9/fails", { auth: "none" }, () => Promise.reject(new Error("secret detail")));
      made.get("/api/v9/invalid", { auth: "none" }, () => {
        throw invalidField("client_name", "ERR_BLANK", "can't be blank");
      });
      made.get("/api/v9/pages", { auth: "none" }, (context) => {
        const page = pageOf(context.params, { default: 3, max: 5 });
        const all = Array.from({ length: 8 }, (_, n) => 100 - n);
        const ids = all.filter((id) => id < (page.maxId ?? 1000)).slice(0, page.limit);
        setPageLinks(context, ids, page);
        return ids.map((id) => ({ id: String(id) }));
      });
      return made;
    };
    return (request, response, next) => {
      if (!request.path.startsWith("/api/v9/")) {
        next();
        return;
      }
      table ??= make();
      const at = table;
      crossOrigin(request, response, () => {
        at.answer(request, response).catch((error: unknown) => {
          if (!answerRefusal(error, response)) answerError(site(), error, request, response);
        });
      });
    };
  };

  before(async () => {
    api = await startApi({}, (app) => app.use(methods(() => api.site)));
    parsed = await startApi({}, (app) => {
      app.use(
        express.json(),
        express.urlencoded({ extended: false }),
        express.raw({ type: "application/octet-stream" }),
      );
      app.use(methods(() => parsed.site));
    });
    token = await api.tokenFor("blog");
  });
  after(async () => {
    await api.close();
    await parsed.close();
  });

  const send = async (
    verb: string,
    target: string,
    body?: string | Buffer,
    type?: string,
    origin = api.origin,
  ): Promise<{ status: number; said: Record<string, unknown>; error?: string }> => {
    const response = await fetch(`${origin}${target}`, {
      method: verb,
      headers: {
        "x-forwarded-for": `10.5.${Math.floor(Math.random() * 250)}.1`,
        ...(type === undefined ? {} : { "content-type": type }),
      },
      ...(body === undefined ? {} : { body: new TextEncoder().encode(body.toString()) }),
    });
    const answer = (await response.json()) as { said: Record<string, unknown>; error?: string };
    return { status: response.status, ...answer };
  };
  const FORM = "application/x-www-form-urlencoded";
  const JSON_TYPE = "application/json";

  describe("puts what is said into one bag", () => {
    it("from path, query and body, the nearer the stronger", async () => {
      const { said } = await send("POST", `${ECHO}/7?id=1&a=1&b=1`, "id=2&b=2&c=2", FORM);
      assert.deepEqual(said, { id: "7", a: "1", b: "2", c: "2" });
    });

    it("with every verb, DELETE included, in a form, in JSON and without a Content-Type", async () => {
      for (const verb of ["POST", "PUT", "PATCH", "DELETE"]) {
        for (const origin of [api.origin, parsed.origin]) {
          assert.deepEqual((await send(verb, ECHO, "a=1&b[]=2", FORM, origin)).said, { a: "1", b: ["2"] });
          assert.deepEqual((await send(verb, ECHO, '{"a":1,"b":["2"]}', JSON_TYPE, origin)).said, {
            a: 1,
            b: ["2"],
          });
          assert.deepEqual((await send(verb, ECHO, "a=1", undefined, origin)).said, { a: "1" });
          assert.deepEqual((await send(verb, ECHO, ' {"a":1}', undefined, origin)).said, { a: 1 });
          assert.deepEqual((await send(verb, ECHO, '{"a":1}', "text/plain", origin)).said, { a: 1 });
          assert.deepEqual((await send(verb, ECHO, '{"a":1}', "application/octet-stream", origin)).said, {
            a: 1,
          });
          assert.deepEqual((await send(verb, `${ECHO}?a=1`, undefined, undefined, origin)).said, { a: "1" });
        }
      }
    });

    it("with lists and nesting in every spelling", async () => {
      for (const [form, wanted] of [
        ["id[]=1&id[]=2", { id: ["1", "2"] }],
        ["id=1&id=2", { id: ["1", "2"] }],
        ["id[0]=1&id[1]=2", { id: ["1", "2"] }],
        ["id[1]=2&id[0]=1", { id: ["1", "2"] }],
        ["id[10]=b&id[9]=a", { id: ["a", "b"] }],
        ["id%5B%5D=1", { id: ["1"] }],
        [
          "poll[options][]=a&poll[options][]=b&poll[multiple]=1",
          { poll: { options: ["a", "b"], multiple: "1" } },
        ],
        ["f[0][name]=a&f[0][value]=b&f[1][name]=c", { f: [{ name: "a", value: "b" }, { name: "c" }] }],
        ["f[][name]=a&f[][value]=b&f[][name]=c", { f: [{ name: "a", value: "b" }, { name: "c" }] }],
        ["a[b][c][d]=1", { a: { b: { c: { d: "1" } } } }],
        ["a[4294967294]=x", { a: ["x"] }],
        ["a[", { "a[": "" }],
        ["[a]=1&]=2", { "[a]": "1", "]": "2" }],
        ["a[b]c=1", { "a[b]c": "1" }],
        ["a=1&a[b]=2", { a: { b: "2" } }],
        ["", {}],
      ] as const) {
        // What the host's parser has lost or rewritten cannot be found again.
        const origins = /^f\[\]\[|^\[a\]/.test(form) ? [api.origin] : [api.origin, parsed.origin];
        for (const origin of origins)
          assert.deepEqual((await send("POST", ECHO, form, FORM, origin)).said, wanted, form);
        assert.deepEqual((await send("GET", `${ECHO}?${form}`)).said, wanted, form);
      }
      assert.deepEqual((await send("POST", ECHO, '{"f":{"1":{"x":2},"0":{"x":1}}}', JSON_TYPE)).said, {
        f: [{ x: 1 }, { x: 2 }],
      });
    });

    it("and names of prototypes are names", async () => {
      const { said } = await send(
        "POST",
        ECHO,
        "__proto__[x]=1&constructor[prototype][y]=2&a[__proto__][z]=3",
        FORM,
      );
      assert.equal(({} as Record<string, unknown>)["x"], undefined);
      assert.equal(({} as Record<string, unknown>)["z"], undefined);
      assert.deepEqual(said["constructor"], { prototype: { y: "2" } });
      await send("POST", ECHO, '{"__proto__":{"x":1},"a":{"__proto__":{"x":1}}}', JSON_TYPE);
      assert.equal(({} as Record<string, unknown>)["x"], undefined);
    });

    it("and refuses what is broken, too deep, too much or packed", async () => {
      assert.equal((await send("POST", ECHO, '{"a":', JSON_TYPE)).status, 400);
      assert.equal((await send("POST", ECHO, "[".repeat(100_000), JSON_TYPE)).status, 400);
      assert.equal(
        (await send("POST", ECHO, `{"a":${"[".repeat(30)}${"]".repeat(30)}}`, JSON_TYPE)).status,
        422,
      );
      assert.equal((await send("POST", ECHO, `a${"[b]".repeat(40)}=1`, FORM)).status, 422);
      assert.equal((await send("POST", ECHO, "a[]=1&".repeat(6000), FORM)).status, 422);
      assert.equal((await send("POST", ECHO, `a=${"x".repeat(1024 * 1024)}`, FORM)).status, 413);
      assert.deepEqual((await send("POST", ECHO, "[1,2]", JSON_TYPE)).said, {});
      assert.deepEqual((await send("POST", ECHO, "null", JSON_TYPE)).said, {});
      const packed = await fetch(`${api.origin}${ECHO}`, {
        method: "POST",
        headers: { "content-encoding": "gzip" },
        body: "x",
      });
      assert.equal(packed.status, 415);
    });

    it("that holds ten thousand options without trouble", async () => {
      const options = Array.from({ length: 10_000 }, (_, n) => `option ${n}`);
      const { said } = await send("POST", ECHO, JSON.stringify({ poll: { options } }), JSON_TYPE);
      assert.equal((said["poll"] as { options: string[] }).options.length, 10_000);
    });

    it("before the host's own parsers, or behind them", async () => {
      const caller = parsed.stranger();
      for (const as of ["form", "json", "none"] as const) {
        const { body } = await caller.post(ECHO, { a: [1, 2], b: { c: "d" } }, { as });
        assert.deepEqual(body.said.b, { c: "d" }, as);
      }
    });
  });

  describe("takes files", () => {
    const folder = () => join(api.site.options.dataDir, "tmp");
    const upload = (form: FormData, path = "/api/v9/files", bearer = token) =>
      fetch(`${api.origin}${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${bearer}` },
        body: form,
      });

    it("as multipart with fields beside them, and removes them with the answer", async () => {
      const form = new FormData();
      form.append("description", "A loaf");
      form.append("meta[focus]", "0.5,0.5");
      form.append("file", new File(["bytes"], "../../etc/passwd", { type: "image/png" }));
      const answer = (await (await upload(form)).json()) as { said: unknown; files: unknown[] };
      assert.deepEqual(answer.said, { description: "A loaf", meta: { focus: "0.5,0.5" } });
      assert.deepEqual(answer.files, [{ field: "file", name: "passwd", mediaType: "image/png", size: 5 }]);
      assert.deepEqual(await readdir(folder()), []);
    });

    it("only where a method takes some, only so many, and only so large", async () => {
      const form = new FormData();
      form.append("a", "1");
      assert.equal((await upload(form, "/api/v9/fields")).status, 200);
      form.append("file", new File(["bytes"], "x.png"));
      assert.equal((await upload(form, "/api/v9/fields")).status, 422);
      const many = new FormData();
      for (let n = 0; n < 6; n += 1) many.append("file", new File(["x"], `${n}.png`));
      assert.equal((await upload(many)).status, 422);
      const large = new FormData();
      large.append("file", new File([new Uint8Array(40 * 1024 * 1024 + 1)], "large.mp4"));
      const refused = await upload(large);
      assert.equal(refused.status, 422);
      assert.match(((await refused.json()) as { error: string }).error, /less than 40 MB/);
      assert.deepEqual(await readdir(folder()), []);
    });

    it("from nobody without the right to it", async () => {
      const form = new FormData();
      form.append("file", new File(["x"], "x.png"));
      assert.equal((await upload(form, undefined, "wrong")).status, 401);
      assert.equal((await upload(form, undefined, await api.tokenFor("blog", "read"))).status, 403);
    });

    it("and makes nothing of a body that is no multipart", async () => {
      for (const [type, body] of [
        ["multipart/form-data", "x"],
        ["multipart/form-data; boundary=x", "--x\r\ncontent-dis"],
        ["multipart/form-data; boundary=x", ""],
      ] as const) {
        const response = await fetch(`${api.origin}/api/v9/files`, {
          method: "POST",
          headers: { authorization: `Bearer ${token}`, "content-type": type },
          body,
        });
        assert.equal(response.status, 400, type + body);
        assert.ok(((await response.json()) as { error: string }).error);
      }
    });
  });

  describe("knows who calls", () => {
    const who = async (path: string, bearer: string | undefined, expect: number) =>
      (
        await new ApiClient(api.origin, {
          ...(bearer === undefined ? { address: "10.4.0.1" } : { token: bearer }),
        }).get(`/api/v9/for/${path}`, {}, { expect })
      ).body as { who?: string | null; error?: string };

    it("by the header, in any capitals, or the parameter", async () => {
      const ask = async (
        headers: Record<string, string>,
        target = "/api/v9/for/user",
        init: RequestInit = {},
      ) => (await fetch(api.origin + target, { headers, ...init })).status;
      assert.equal(await ask({ authorization: `Bearer ${token}` }), 200);
      assert.equal(await ask({ authorization: `bearer  ${token}` }), 200);
      assert.equal(await ask({}, `/api/v9/for/user?access_token=${token}`), 200);
      assert.equal(await ask({ authorization: `Basic ${token}` }), 401);
      assert.equal(await ask({ authorization: token }), 401);
      assert.equal(await ask({ authorization: "Bearer" }), 401);
      assert.equal(await ask({ authorization: `Bearer ${"x".repeat(5000)}` }), 401);
      const posted = await fetch(`${api.origin}/api/v9/fields`, {
        method: "POST",
        body: new URLSearchParams({ access_token: token }),
      });
      assert.equal(posted.status, 200);
    });

    it("and who may: persons, apps, anybody", async () => {
      const app = await api.tokenFor(undefined, "read");
      const narrow = await api.tokenFor("blog", "read:lists");
      const other = await api.tokenFor("blog", "write read:statuses");
      for (const [path, bearer, expect] of [
        ["user", undefined, 401],
        ["user", "wrong", 401],
        ["user", app, 422],
        ["user", other, 403],
        ["user", narrow, 200],
        ["user", token, 200],
        ["app", undefined, 401],
        ["app", "wrong", 401],
        ["app", app, 200],
        ["app", other, 200],
        ["optional", undefined, 200],
        ["optional", "wrong", 401],
        ["optional", app, 200],
        ["optional", other, 403],
        ["optional", narrow, 200],
        ["either", narrow, 403],
        ["either", await api.tokenFor("blog", "follow"), 200],
        ["either", await api.tokenFor("blog", "write"), 200],
        ["either", await api.tokenFor("blog", "write:blocks"), 200],
        ["either", await api.tokenFor("blog", "read"), 403],
      ] as const) {
        const { error, who: name } = await who(path, bearer, expect);
        if (expect === 401) assert.equal(error, "The access token is invalid");
        if (expect === 403) assert.equal(error, "This action is outside the authorized scopes");
        if (expect === 422) assert.equal(error, "This method requires an authenticated user");
        if (expect === 200)
          assert.equal(name ?? "nobody", bearer === undefined || bearer === app ? "nobody" : "blog");
      }
      await new ApiClient(api.origin, { token: app }).get("/api/v9/account", {}, { expect: 422 });
    });

    it("until the token is revoked, here at once, elsewhere within ten seconds", async () => {
      const { site } = api;
      const app = await site.models.apps.findOne().lean();
      assert.ok(app);
      const give = () => giveToken(site, app, ["read"], 1);
      const account = await api.account();
      const { token: row, secret } = await giveToken(site, app, ["read"], account);
      await who("user", secret, 200);
      await revokeToken(site, row);
      await who("user", secret, 401);
      const orphan = await give();
      await who("user", orphan.secret, 401);
    });

    it("and notes when an app was last used", async () => {
      const secret = await api.tokenFor("blog", "read");
      await who("user", secret, 200);
      const row = await api.site.models.tokens
        .findOne({ scopes: ["read"] })
        .sort({ _id: -1 })
        .lean();
      assert.ok(row?.lastUsedAt instanceof Date);
    });
  });

  describe("answers", () => {
    it("nothing as {}, never as nothing", async () => {
      assert.deepEqual((await api.stranger().get("/api/v9/nothing")).body, {});
    });

    it("HEAD like GET, without the body", async () => {
      const response = await fetch(`${api.origin}/api/v9/nothing`, { method: "HEAD" });
      assert.deepEqual(
        [response.status, response.headers.get("content-length"), await response.text()],
        [200, "2", ""],
      );
    });

    it("with a slash at the end as without", async () => {
      for (const path of [
        "/api/v9/nothing/",
        "/api/v9//nothing",
        "/api/v2/instance/",
        "/api/v1/preferences/",
      ])
        assert.notEqual((await fetch(api.origin + path)).status, 404, path);
    });

    it("what is unknown with 404 in JSON, whatever the verb, and leaves the host's own API alone", async () => {
      api.app.get("/api/posts", (_request, response) => void response.send("the host"));
      api.app.get("/oauth/google", (_request, response) => void response.send("the host"));
      for (const path of [
        "/api/v1/nothing",
        "/api/v2",
        "/api/v1/admin/accounts",
        "/api/v1/%E0%A4%A",
        "/api/v9/echo/a/b/c",
      ]) {
        const { body } = await api.stranger().get(path, {}, { expect: 404 });
        assert.ok(body.error.length > 0);
      }
      await api.stranger().delete("/api/v2/instance", {}, { expect: 404 });
      for (const path of ["/api/posts", "/oauth/google"]) {
        const response = await fetch(api.origin + path);
        assert.equal(await response.text(), "the host");
        assert.equal(response.headers.get("x-ratelimit-limit"), null);
      }
    });

    it("wrong fields with their names, and faults of ours without their details", async () => {
      const { body } = await api.stranger().get("/api/v9/invalid", {}, { expect: 422 });
      assert.deepEqual(body, {
        error: "Validation failed: Client name can't be blank",
        details: { client_name: [{ error: "ERR_BLANK", description: "can't be blank" }] },
      });
      const failed = await fetch(`${api.origin}/api/v9/fails`);
      assert.equal(failed.status, 500);
      assert.ok(!(await failed.text()).includes("secret detail"));
    });

    it("every page of a list with links that end", async () => {
      const pages = await api.stranger().pages("/api/v9/pages?limit=3&x[]=1&access_token=zzz");
      assert.deepEqual(
        pages.map((page) => page.body.map((item: { id: string }) => Number(item.id))),
        [
          [100, 99, 98],
          [97, 96, 95],
          [94, 93],
        ],
      );
      assert.match(
        pages[0]?.headers.get("link") ?? "",
        /^<http[^>]*max_id=98>; rel="next", <http[^>]*min_id=100>; rel="prev"$/,
      );
      assert.match(pages[1]?.link.next ?? "", /x%5B%5D=1/);
      assert.equal(pages[2]?.link.next, undefined);
      const empty = await api.stranger().get("/api/v9/pages?max_id=1");
      assert.equal(empty.headers.get("link"), null);
    });

    it("whatever limit and cursor are said", async () => {
      for (const [query, ids] of [
        ["limit=0", 1],
        ["limit=-5", 1],
        ["limit=1000000", 5],
        ["limit=99999999999999999999", 5],
        ["limit=abc", 3],
        ["limit=", 3],
        ["limit[]=2", 2],
        ["limit[a]=2", 3],
        ["limit=1.5", 3],
        ["max_id=abc", 3],
        ["max_id=", 3],
        ["max_id=-1", 3],
        ["max_id=99999999999999999999999", 3],
        ["max_id[]=97", 3],
        ["max_id[x]=97", 3],
        ["max_id=00097", 3],
      ] as const)
        assert.equal((await api.stranger().get(`/api/v9/pages?${query}`)).body.length, ids, query);
    });

    it("scripts of every site, preflights before anything else", async () => {
      for (const path of [
        "/api/v1/statuses",
        "/api/v9/nothing",
        "/oauth/token",
        "/oauth/revoke",
        "/oauth/userinfo",
        "/.well-known/oauth-authorization-server",
        "/api/v1/nothing",
      ]) {
        const response = await fetch(api.origin + path, {
          method: "OPTIONS",
          headers: {
            origin: "https://phanpy.social",
            "access-control-request-method": "DELETE",
            "access-control-request-headers": "authorization,idempotency-key",
          },
        });
        assert.equal(response.status, 200, path);
        assert.equal(response.headers.get("access-control-allow-origin"), "*");
        assert.equal(response.headers.get("access-control-allow-credentials"), null);
        assert.match(response.headers.get("access-control-allow-methods") ?? "", /DELETE/);
        assert.equal(response.headers.get("access-control-allow-headers"), "authorization,idempotency-key");
      }
      assert.match(
        (await fetch(`${api.origin}/api/v9/nothing`)).headers.get("access-control-expose-headers") ?? "",
        /Link/,
      );
      assert.equal(
        (await fetch(`${api.origin}/oauth/authorize`)).headers.get("access-control-allow-origin"),
        null,
      );
    });
  });

  describe("counts", () => {
    it("requests of a token apart from others and from the address, and refuses the one too many", async () => {
      const few = await startApi({ api: { requestsPer5Minutes: 5 } });
      const one = await few.client("blog");
      const other = await few.client("blog");
      for (let left = 4; left >= 0; left -= 1) {
        const { headers } = await one.get("/api/v1/preferences");
        assert.deepEqual(
          [headers.get("x-ratelimit-limit"), headers.get("x-ratelimit-remaining")],
          ["5", String(left)],
        );
        const reset = Date.parse(headers.get("x-ratelimit-reset") ?? "") - Date.now();
        assert.ok(reset > 0 && reset <= 301_000);
      }
      const { headers, body } = await one.get("/api/v1/preferences", {}, { expect: 429 });
      assert.equal(body.error, "Too many requests");
      assert.ok(Number(headers.get("retry-after")) > 0);
      await other.get("/api/v1/preferences");
      const stranger = few.stranger();
      for (let n = 0; n < 5; n += 1) await stranger.get("/api/v2/instance");
      await stranger.get("/api/v2/instance", {}, { expect: 429 });
      await few.close();
    });

    it("made-up tokens against their address, without asking the store for ever", async () => {
      const few = await startApi({ api: { requestsPer5Minutes: 5 } });
      let asked = 0;
      const { tokens } = few.site.models;
      const find = tokens.findOne.bind(tokens);
      (tokens as { findOne: unknown }).findOne = (...given: Parameters<typeof find>) => {
        asked += 1;
        return find(...given);
      };
      const statuses: number[] = [];
      for (let n = 0; n < 20; n += 1) {
        const response = await fetch(`${few.origin}/api/v1/preferences`, {
          headers: { authorization: `Bearer guess-${n}`, "x-forwarded-for": "10.4.4.4" },
        });
        statuses.push(response.status);
      }
      assert.deepEqual([statuses[0], statuses[19]], [401, 429]);
      assert.ok(asked <= 6, `${asked} look-ups`);
      await few.close();
    });
  });

  it("answers 503 in JSON that scripts can read while the site is closing", async () => {
    const other = await startApi();
    const response = other.fedi.close();
    const answer = await fetch(`${other.origin}/api/v2/instance`);
    assert.equal(answer.status, 503);
    assert.ok(((await answer.json()) as { error: string }).error);
    assert.equal(answer.headers.get("access-control-allow-origin"), "*");
    assert.ok(Number(answer.headers.get("retry-after")) > 0);
    await response;
    await other.close();
  });
});
