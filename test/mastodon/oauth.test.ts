import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { setPassword } from "../../src/domain/logins.ts";
import { openSession } from "../../src/domain/sessions.ts";
import type { FediverseOptions } from "../../src/index.ts";
import type { ApiClient } from "./support/api-client.ts";
import { BrowserPerson, type Page } from "./support/browser-person.ts";
import { ApiClient as Client } from "./support/api-client.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";

const PASSWORD = "a few words in a row";
const OOB = "urn:ietf:wg:oauth:2.0:oob";

interface Registered {
  id: string;
  client_id: string;
  client_secret: string;
  redirect_uri: string;
}

describe("OAuth", () => {
  let api: StartedApi;
  let person: BrowserPerson;

  before(async () => {
    api = await startApi({ accounts: [{ username: "blog", name: "The Blog" }, { username: "photos" }] });
    await setPassword(api.site, await api.account("blog"), PASSWORD);
    await setPassword(api.site, await api.account("photos"), PASSWORD);
  });
  after(() => api.close());
  beforeEach(async () => {
    person = new BrowserPerson(api.origin);
    await isLoggedIn(person, "blog");
  });

  /** As after a login, without its cost. */
  const isLoggedIn = async (who: BrowserPerson, username: string): Promise<void> =>
    void who.cookies.set("fediverse", await openSession(api.site, await api.account(username)));

  const register = async (redirect = "https://reader.example/back", scopes = "read write follow push") =>
    (await api.stranger().post("/api/v1/apps", { client_name: "Reader", redirect_uris: redirect, scopes }))
      .body as Registered;

  const question = (app: Registered, more: Record<string, string | undefined> = {}): string => {
    const query = new URLSearchParams();
    const all = {
      response_type: "code",
      client_id: app.client_id,
      redirect_uri: app.redirect_uri,
      scope: "read write",
      state: "s&t=1 é",
      ...more,
    };
    for (const [name, value] of Object.entries(all)) if (value !== undefined) query.set(name, value);
    return `/oauth/authorize?${query.toString()}`;
  };

  const allow = async (app: Registered, more: Record<string, string | undefined> = {}): Promise<Page> =>
    person.send(await person.open(question(app, more)), { decision: "allow" });

  const codeOf = (page: Page): string => {
    const code = new URL(page.location).searchParams.get("code");
    assert.ok(code);
    return code;
  };

  const exchange = (
    app: Registered,
    code: string,
    more: Record<string, unknown> = {},
    options: Parameters<ApiClient["post"]>[2] = {},
  ) =>
    api.stranger().post(
      "/oauth/token",
      {
        grant_type: "authorization_code",
        client_id: app.client_id,
        client_secret: app.client_secret,
        redirect_uri: app.redirect_uri,
        code,
        ...more,
      },
      options,
    );

  const tokenOf = async (app: Registered): Promise<string> =>
    (await exchange(app, codeOf(await allow(app)))).body.access_token as string;

  describe("consent", () => {
    it("says who asks, for what, and where it leads, and gives a code that becomes a token", async () => {
      const app = await register();
      const page = await person.open(question(app));
      assert.equal(page.status, 200);
      assert.match(page.html, /Let Reader use your account\?/);
      assert.match(page.html, /@blog@localhost/);
      assert.match(page.html, /See everything in your account/);
      assert.match(page.html, /go back to <strong>reader\.example<\/strong>/);
      const back = await person.send(page, { decision: "allow" });
      assert.equal(back.status, 303);
      const url = new URL(back.location);
      assert.equal(url.origin + url.pathname, "https://reader.example/back");
      assert.equal(url.searchParams.get("state"), "s&t=1 é");
      const { body, headers } = await exchange(app, codeOf(back));
      assert.deepEqual(
        [body.token_type, body.scope, headers.get("cache-control")],
        ["Bearer", "read write", "no-store"],
      );
      const caller = new Client(api.origin, { token: body.access_token as string });
      assert.equal((await caller.get("/api/v1/preferences")).body["posting:default:visibility"], "public");
    });

    it("asks for a login first, and comes back to the question", async () => {
      const app = await register();
      const stranger = new BrowserPerson(api.origin);
      const way = await stranger.open(question(app));
      assert.equal(way.status, 303);
      assert.match(way.location, /^\/fediverse\/login\?return=%2Foauth%2Fauthorize/);
      const back = await stranger.send(await stranger.open(way.location), {
        username: "blog",
        password: PASSWORD,
      });
      assert.equal(back.status, 303);
      const page = await stranger.open(back.location);
      assert.match(page.html, /Let Reader use/);
      assert.equal((await stranger.send(page, { decision: "allow" })).status, 303);
    });

    it("asks for a login again where the app wants that", async () => {
      const app = await register();
      const way = await person.open(question(app, { force_login: "true" }));
      assert.match(way.location, /^\/fediverse\/login/);
      assert.ok(!decodeURIComponent(way.location).includes("force_login"));
      assert.equal((await person.open(question(app, { force_login: "false" }))).status, 200);
    });

    it("lets a person who is logged in to several accounts choose", async () => {
      const app = await register();
      await person.logIn("photos", PASSWORD);
      const page = await person.open(question(app));
      assert.match(page.html, /Which account\?/);
      const [blog, photos] = [await api.account("blog"), await api.account("photos")];
      assert.equal(page.form().fields["account"], String(photos._id), "the last login is the first choice");
      for (const account of [blog, photos]) {
        const code = codeOf(await person.send(page, { decision: "allow", account: String(account._id) }));
        const { body } = await exchange(app, code);
        const row = await api.site.models.tokens.findOne().sort({ _id: -1 }).lean();
        assert.equal(row?.account, account._id);
        assert.ok(body.access_token);
      }
    });

    it("gives nothing for an account that the person is not logged in to", async () => {
      const app = await register();
      const photos = await api.account("photos");
      const page = await person.open(question(app));
      const answer = await person.send(page, { decision: "allow", account: String(photos._id) });
      assert.match(answer.location, /^\/fediverse\/login/);
    });

    it("tells the app when the person says no", async () => {
      const app = await register();
      const back = await person.send(await person.open(question(app)), { decision: "deny" });
      const url = new URL(back.location);
      assert.equal(url.searchParams.get("error"), "access_denied");
      assert.equal(url.searchParams.get("state"), "s&t=1 é");
      assert.equal(url.searchParams.get("code"), null);
    });

    it("works with a slash at the end, as toot opens it", async () => {
      const app = await register();
      assert.equal((await person.open(question(app).replace("authorize?", "authorize/?"))).status, 200);
    });

    it("shows the code where the app has no address", async () => {
      const app = await register(OOB);
      const done = await allow(app);
      assert.match(done.location, /^\/oauth\/authorize\/native\?code=/);
      const page = await person.open(done.location);
      const code = /value="([A-Za-z0-9_-]{20,})"/.exec(page.html)?.[1] ?? "";
      assert.equal(page.headers.get("cache-control"), "no-store");
      assert.ok((await exchange(app, code)).body.access_token);
      const refused = await person.send(await person.open(question(app)), { decision: "deny" });
      assert.match(refused.html, /cannot use your account/);
      for (const wrong of ["", "?code=", "?code=<script>", "?code[]=abcdefghijklmnopqrstuvwxyz"])
        assert.equal((await person.open(`/oauth/authorize/native${wrong}`)).status, 400, wrong);
    });

    it("goes back to custom schemes, keeping them to the letter", async () => {
      for (const [uri, start] of [
        ["com.tapbots.Ivory.10217:/request_token", "com.tapbots.Ivory.10217:/request_token?code="],
        ["icecubesapp://", "icecubesapp://?code="],
        ["http://localhost:1/cb?x=1", "http://localhost:1/cb?x=1&code="],
      ] as const) {
        const app = await register(uri);
        const page = await person.open(question(app));
        const policy = page.headers.get("content-security-policy") ?? "";
        assert.ok(
          policy.includes(`form-action 'self' https: ${uri.slice(0, uri.indexOf(":")).toLowerCase()}:`),
          policy,
        );
        const back = await person.send(page, { decision: "allow" });
        assert.equal(back.status, 303);
        assert.ok(back.location.startsWith(start), back.location);
        const code = /code=([^&]+)/.exec(back.location)?.[1] ?? "";
        assert.ok((await exchange(app, code)).body.access_token);
      }
    });

    it("shows a page with a link on Android, where browsers do not follow a redirect into an app", async () => {
      person = new BrowserPerson(api.origin, { agent: "Mozilla/5.0 (Linux; Android 15; Pixel 9)" });
      await isLoggedIn(person, "blog");
      const app = await register("oauth2redirect://com.keylesspalace.tusky/");
      const page = await allow(app);
      assert.equal(page.status, 200);
      assert.match(
        page.html,
        /href="oauth2redirect:\/\/com\.keylesspalace\.tusky\/\?code&#x3D;[A-Za-z0-9_-]+&amp;state/,
      );
      assert.match(page.headers.get("refresh") ?? "", /^0; url=oauth2redirect:/);
      const web = await register();
      assert.equal((await allow(web)).status, 303);
    });

    it("shows what an app says about itself as text", async () => {
      const hostile = `"><script>alert(1)</script>`;
      const { body: app } = await api
        .stranger()
        .post("/api/v1/apps", { client_name: hostile, redirect_uris: "x://y" });
      const page = await person.open(question(app as Registered, { scope: "read", state: hostile }));
      assert.equal(page.status, 200);
      assert.ok(!page.html.includes("<script>alert"));
      assert.equal(page.form().fields["state"], hostile);
    });

    it("cannot be framed or kept", async () => {
      const page = await person.open(question(await register()));
      const policy = page.headers.get("content-security-policy") ?? "";
      assert.match(policy, /default-src 'none'/);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.equal(page.headers.get("cache-control"), "no-store");
      assert.equal(page.headers.get("access-control-allow-origin"), null);
    });
  });

  describe("refuses, without sending anybody anywhere,", () => {
    const refused = async (path: string, about: RegExp): Promise<void> => {
      const page = await person.open(path);
      assert.equal(page.status, 400, page.html);
      assert.equal(page.headers.get("location"), null);
      assert.match(page.html, about);
    };

    it("an app that nobody registered", async () => {
      const app = await register();
      await refused(question({ ...app, client_id: "nobody" }), /does not know the app/);
      await refused("/oauth/authorize", /does not know the app/);
    });

    it("a redirect URI that was not registered, however alike", async () => {
      const app = await register();
      for (const uri of [
        "https://evil.example/",
        "https://reader.example/back/",
        "https://reader.example/back?x=1",
        "https://reader.example/back#x",
        "https://reader.example:443/back",
        "HTTPS://reader.example/back",
        "https://reader.example@evil.example/back",
        "https://reader.example/back\nhttps://evil.example",
        "",
      ])
        await refused(question(app, { redirect_uri: uri }), /has not registered/);
    });

    it("another way of answering, and a challenge that proves nothing", async () => {
      const app = await register();
      await refused(question(app, { response_type: "token" }), /response_type/);
      await refused(question(app, { response_type: undefined }), /response_type/);
      const challenge = "x".repeat(43);
      await refused(question(app, { code_challenge: challenge, code_challenge_method: "plain" }), /S256/);
      await refused(question(app, { code_challenge: challenge }), /S256/);
      await refused(question(app, { code_challenge: "short", code_challenge_method: "S256" }), /S256/);
    });

    it("more than the app has registered for", async () => {
      const app = await register(undefined, "read:statuses");
      for (const scope of ["read", "write", "read:statuses push", "everything", "", undefined])
        await refused(question(app, { scope }), /more than it has registered for/);
      assert.equal((await person.open(question(app, { scope: "read:statuses" }))).status, 200);
      const wide = await register(undefined, "read");
      assert.equal((await person.open(question(wide, { scope: "read:statuses read:lists" }))).status, 200);
    });

    it("a form that did not come from here", async () => {
      const app = await register();
      const { fields } = (await person.open(question(app))).form();
      const { form_token: token = "", ...rest } = fields;
      const attempt = async (
        more: Record<string, string>,
        headers: Record<string, string> = {},
        who = person,
      ): Promise<number> =>
        (await who.post("/oauth/authorize", { ...rest, decision: "allow", ...more }, headers)).status;

      assert.equal(await attempt({}), 403, "no token");
      assert.equal(await attempt({ form_token: "x".repeat(token.length) }), 403, "a made-up token");
      assert.equal(
        await attempt({ form_token: token }, { "sec-fetch-site": "cross-site" }),
        403,
        "from elsewhere",
      );
      assert.equal(
        await attempt({ form_token: token }, { "sec-fetch-site": "same-site" }),
        403,
        "from a sister site",
      );
      const other = new BrowserPerson(api.origin);
      await isLoggedIn(other, "photos");
      await other.open(question(app));
      assert.equal(await attempt({ form_token: token }, {}, other), 403, "somebody else's token");
      const grants = await api.site.models.grants.countDocuments({ app: Number(app.id) });
      assert.equal(grants, 0);
      await person.logIn("photos", PASSWORD);
      assert.equal(await attempt({ form_token: token }), 403, "from before a login");
      assert.equal((await allow(app)).status, 303);
    });
  });

  describe("the token endpoint", () => {
    it("takes a form, JSON, the query, multipart and no Content-Type", async () => {
      const app = await register();
      for (const as of ["form", "json", "query", "multipart", "none"] as const)
        assert.ok(
          (await exchange(app, codeOf(await allow(app)), { scope: "read write" }, { as })).body.access_token,
          as,
        );
    });

    it("takes the app's secret in the body, by Basic, or both at once where they agree", async () => {
      const app = await register();
      const basic = (secret: string) => ({
        authorization: `Basic ${Buffer.from(`${app.client_id}:${secret}`).toString("base64")}`,
      });
      const bare = { client_id: undefined, client_secret: undefined };
      for (const [more, headers, expect] of [
        [bare, basic(app.client_secret), 200],
        [{}, basic(app.client_secret), 200],
        [{}, basic("wrong"), 401],
        [bare, basic("wrong"), 401],
        [bare, { authorization: "Basic !!!" }, 401],
        [bare, {}, 401],
        [{ client_secret: "wrong" }, {}, 401],
        [{ client_secret: undefined }, {}, 401],
        [{ client_secret: "" }, {}, 401],
        [{ client_id: "nobody" }, {}, 401],
      ] as const) {
        const { body } = await exchange(app, codeOf(await allow(app)), more, { headers, expect });
        if (expect === 401) assert.equal(body.error, "invalid_client");
      }
    });

    it("gives one token for a code, and takes it back when the code comes again", async () => {
      const app = await register();
      const code = codeOf(await allow(app));
      const { body } = await exchange(app, code);
      const caller = new Client(api.origin, { token: body.access_token as string });
      await caller.get("/api/v1/preferences");
      const again = await exchange(app, code, {}, { expect: 400 });
      assert.equal(again.body.error, "invalid_grant");
      await caller.get("/api/v1/preferences", {}, { expect: 401 });
    });

    it("gives at most one token for a code that comes ten times at once, and leaves none that works", async () => {
      const app = await register();
      const code = codeOf(await allow(app));
      const answers = await Promise.all(
        Array.from({ length: 10 }, async () => {
          const response = await fetch(`${api.origin}/oauth/token`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({
              grant_type: "authorization_code",
              client_id: app.client_id,
              client_secret: app.client_secret,
              redirect_uri: app.redirect_uri,
              code,
            }),
          });
          return response.status;
        }),
      );
      assert.ok(answers.filter((status) => status === 200).length <= 1, answers.join(" "));
      assert.equal(await api.site.models.tokens.countDocuments({ app: Number(app.id) }), 0);
    });

    it("refuses a code with another redirect URI, of another app, made up, or too old; none of it uses the code up", async () => {
      const app = await register("https://reader.example/back\nhttps://reader.example/other");
      const [redirect_uri] = app.redirect_uri.split("\n");
      const fixed = { ...app, redirect_uri: redirect_uri ?? "" };
      const code = codeOf(await allow(fixed));
      const wrong = async (from: Registered, more: object, error: string): Promise<void> => {
        const { body } = await exchange(from, code, more as Record<string, unknown>, { expect: 400 });
        assert.equal(body.error, error);
      };
      await wrong(fixed, { redirect_uri: "https://reader.example/other" }, "invalid_grant");
      await wrong(fixed, { redirect_uri: undefined }, "invalid_request");
      await wrong(fixed, { code: "made-up" }, "invalid_grant");
      await wrong(fixed, { code: undefined }, "invalid_request");
      await wrong(fixed, { code: { a: 1 } }, "invalid_request");
      await wrong({ ...(await register()) }, {}, "invalid_grant");
      await wrong(
        fixed,
        { grant_type: "password", username: "blog", password: PASSWORD },
        "unsupported_grant_type",
      );
      await wrong(fixed, { grant_type: undefined }, "invalid_request");
      assert.ok((await exchange(fixed, code)).body.access_token);

      const late = codeOf(await allow(fixed));
      await api.site.models.grants.updateMany(
        { usedAt: { $exists: false } },
        { $set: { expiresAt: new Date(0) } },
      );
      assert.equal((await exchange(fixed, late, {}, { expect: 400 })).body.error, "invalid_grant");
    });

    it("asks for the verifier of an app that offered a challenge (PKCE)", async () => {
      const app = await register();
      const verifier = randomBytes(32).toString("base64url");
      const code_challenge = createHash("sha256").update(verifier).digest("base64url");
      const code = codeOf(await allow(app, { code_challenge, code_challenge_method: "S256" }));
      assert.equal((await exchange(app, code, {}, { expect: 400 })).body.error, "invalid_request");
      for (const code_verifier of ["wrong", code_challenge, verifier.slice(1)])
        assert.equal(
          (await exchange(app, code, { code_verifier }, { expect: 400 })).body.error,
          "invalid_grant",
        );
      assert.ok((await exchange(app, code, { code_verifier: verifier })).body.access_token);
    });

    it("keeps of codes and tokens only hashes", async () => {
      const app = await register();
      const code = codeOf(await allow(app));
      const { body } = await exchange(app, code);
      const stored = JSON.stringify([
        await api.site.models.grants.find().lean(),
        await api.site.models.tokens.find().lean(),
        await api.site.models.sessions.find().lean(),
      ]);
      assert.ok(!stored.includes(code) && !stored.includes(body.access_token as string));
      for (const value of person.cookies.values()) assert.ok(!stored.includes(value));
    });

    it("gives an app a token of its own, with which nobody's account is open", async () => {
      const app = await register();
      const ask = async (more: object, expect = 200) =>
        api
          .stranger()
          .post(
            "/oauth/token",
            { grant_type: "client_credentials", ...app, ...more },
            { as: "form", expect },
          );
      const { body } = await ask({});
      assert.equal(body.scope, "read");
      assert.equal((await ask({ scope: "read write:statuses" })).body.scope, "read write:statuses");
      assert.equal((await ask({ scope: "admin:read" }, 400)).body.error, "invalid_scope");
      assert.equal((await ask({ scope: "everything" }, 400)).body.error, "invalid_scope");
      assert.equal((await ask({ scope: "" }, 400)).body.error, "invalid_scope");
      const caller = new Client(api.origin, { token: body.access_token as string, asUser: false });
      await caller.get("/api/v1/apps/verify_credentials");
      const refused = await caller.get("/api/v1/preferences", {}, { expect: 422 });
      assert.equal(refused.body.error, "This method requires an authenticated user");
    });

    it("is slowed down per address", async () => {
      const caller = api.stranger();
      const guess = { grant_type: "client_credentials", client_id: "x", client_secret: "y" };
      for (let n = 0; n < 60; n += 1) await caller.post("/oauth/token", guess, { expect: 401 });
      await caller.post("/oauth/token", guess, { expect: 429 });
    });
  });

  describe("revoking", () => {
    it("ends a token at once, twice is once, and unknown ones are fine", async () => {
      const app = await register();
      const token = await tokenOf(app);
      const caller = new Client(api.origin, { token });
      await caller.get("/api/v1/preferences");
      for (const given of [token, token, "unknown"]) {
        const { body } = await api.stranger().post("/oauth/revoke", { ...app, token: given }, { as: "form" });
        assert.deepEqual(body, {});
      }
      const { body } = await caller.get("/api/v1/preferences", {}, { expect: 401 });
      assert.equal(body.error, "The access token is invalid");
    });

    it("is refused to other apps and to nobody in particular", async () => {
      const app = await register();
      const other = await register();
      const token = await tokenOf(app);
      for (const more of [
        other,
        { ...app, client_secret: "wrong" },
        { client_id: app.client_id, client_secret: undefined },
        {},
      ])
        assert.equal(
          (await api.stranger().post("/oauth/revoke", { ...more, token }, { expect: 403 })).body.error,
          "unauthorized_client",
        );
      await api.stranger().post("/oauth/revoke", app, { expect: 400 });
      await new Client(api.origin, { token }).get("/api/v1/preferences");
    });

    it("takes the push subscription along", async () => {
      const app = await register();
      const token = await tokenOf(app);
      const row = await api.site.models.tokens.findOne({ app: Number(app.id) }).lean();
      assert.ok(row);
      await api.site.models.pushes.create({
        _id: 1,
        publicId: 1,
        token: row._id,
        account: row.account ?? 0,
        endpoint: "https://push.example/1",
        p256dh: "x",
        auth: "y",
        standard: true,
        alerts: {},
        policy: "all",
        createdAt: new Date(),
      });
      await api.stranger().post("/oauth/revoke", { ...app, token });
      assert.equal(await api.site.models.pushes.countDocuments({ token: row._id }), 0);
    });

    it("is one click in the list of connected apps", async () => {
      const app = await register();
      const token = await tokenOf(app);
      const caller = new Client(api.origin, { token });
      await caller.get("/api/v1/preferences");
      const page = await person.open("/fediverse/desk/apps");
      assert.match(page.html, /<h3>Reader<\/h3>/);
      const { action, fields } = page.form(`value="${app.id}"`);
      const done = await person.post(action, fields);
      assert.equal(done.location, "/fediverse/desk/apps?done=1");
      assert.ok(!(await person.open(done.location)).html.includes(`value="${app.id}"`));
      await caller.get("/api/v1/preferences", {}, { expect: 401 });
      const { form_token: _, ...without } = fields;
      assert.equal((await person.post(action, without)).status, 403);
      const photos = await api.account("photos");
      assert.equal((await person.post(action, { ...fields, account: String(photos._id) })).status, 404);
    });
  });

  describe("describes itself", () => {
    it("with addresses that are there (RFC 8414)", async () => {
      const { body } = await api.stranger().get("/.well-known/oauth-authorization-server");
      assert.equal(body.issuer, `${api.origin}/`);
      assert.deepEqual(body.code_challenge_methods_supported, ["S256"]);
      assert.deepEqual(body.grant_types_supported, ["authorization_code", "client_credentials"]);
      assert.ok(
        body.scopes_supported.includes("write:statuses") && body.scopes_supported.includes("profile"),
      );
      for (const name of ["token", "revocation", "userinfo"]) {
        const response = await fetch(String(body[`${name}_endpoint`]), { method: "POST" });
        assert.notEqual(response.status, 404, name);
      }
    });

    it("and tells who the person is to an app that may know", async () => {
      for (const verb of ["GET", "POST"] as const) {
        const { body } = await (await api.client("blog", "profile")).call(verb, "/oauth/userinfo");
        assert.equal(body.preferred_username, "blog");
        assert.equal(body.sub, (await api.account()).uri);
        assert.equal(body.name, "The Blog");
        await (await api.client("blog", "read")).call(verb, "/oauth/userinfo", {}, { expect: 403 });
      }
    });
  });

  describe("with a login of the host's", () => {
    let host: StartedApi;
    let names: string | string[] | undefined;
    const start = async (more: Partial<FediverseOptions>) => {
      host = await startApi({
        accounts: [{ username: "blog" }, { username: "photos" }],
        authenticate: () => Promise.resolve(names),
        ...more,
      });
      const { body } = await host
        .stranger()
        .post("/api/v1/apps", { client_name: "Reader", redirect_uris: "x://y" });
      return { page: () => new BrowserPerson(host.origin), app: body as Registered };
    };
    afterEach(() => host.close());

    it("takes whoever the host names, and its choice of accounts", async () => {
      names = "blog";
      const { page, app } = await start({});
      const browser = page();
      const one = await browser.open(question(app, { scope: "read" }));
      assert.match(one.html, /@blog@/);
      assert.match((await browser.send(one, { decision: "allow" })).location, /^x:\/\/y\?code=/);
      names = ["photos", "blog", "nobody"];
      const several = await browser.open(question(app, { scope: "read" }));
      assert.match(several.html, /Which account\?/);
      assert.equal(several.form().fields["account"], String((await host.account("photos"))._id));
      // The form of one person is not good for the next one at the same browser.
      assert.equal((await browser.send(one, { decision: "allow" })).status, 403);
    });

    it("sends strangers to the host's login page", async () => {
      names = undefined;
      const { page, app } = await start({ loginUrl: "/login?next={return}" });
      const login = await page().open((await page().open(question(app, { scope: "read" }))).location);
      assert.equal(login.status, 303);
      assert.match(login.location, /^\/login\?next=%2Foauth%2Fauthorize%3F/);
      assert.notEqual(
        (await page().post("/fediverse/login", { username: "blog", password: PASSWORD })).status,
        303,
      );
    });

    it("asks strangers to find the host's login where it has no address", async () => {
      names = undefined;
      const plain = await start({});
      const asked = await plain
        .page()
        .open((await plain.page().open(question(plain.app, { scope: "read" }))).location);
      assert.equal(asked.status, 403);
      assert.match(asked.html, /Please log in/);
    });
  });
});
