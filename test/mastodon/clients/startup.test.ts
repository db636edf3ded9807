import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { ActorRow } from "../../../src/database/rows.ts";
import { notify } from "../../../src/domain/notifications.ts";
import { storePerson } from "../../support/people.ts";
import type { ApiClient } from "../support/api-client.ts";
import { startApi, type StartedApi } from "../support/start-api.ts";
import { placeAtHome, storePost } from "../support/stored.ts";
import { StreamClient } from "../support/stream-client.ts";
import { canLogIn } from "./consent.ts";
import { picture } from "./stage.ts";
import {
  ACCOUNT,
  eachNeeds,
  INSTANCE,
  INSTANCE_V1,
  logIn,
  ME,
  needs,
  PREFERENCES,
  STATUS,
  type LoggedIn,
} from "./recorded.ts";

const OWN = 7;
const HOME = 45;
const NOTIFICATIONS = 9;

const verifier = "a-verifier-of-more-than-forty-three-characters-0123456789";
const pkce = { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") };

/**
 * What apps send when they are opened for the first time, in order and form, as their sources and logs show it. The
 * client holds each answer against its schema and the rules for all; here stands what one app alone does not do without.
 */
describe("apps start", () => {
  let api: StartedApi;
  let blog: ActorRow;
  const own: string[] = [];

  before(async () => {
    api = await startApi();
    api.fedi.attach(api.server);
    await canLogIn(api);
    blog = await api.account();
    const ada = await storePerson(api.site, "ada");
    const hers = [];
    for (let n = 0; n < HOME; n += 1) hers.push(await storePost(api.site, ada));
    await placeAtHome(api.site, blog, hers);
    const mine = [];
    for (let n = 0; n < OWN; n += 1) mine.push(await storePost(api.site, blog));
    own.push(...mine.map((row) => String(row._id)));
    for (let n = 0; n < NOTIFICATIONS; n += 1)
      await notify(api.site, {
        owner: blog,
        type: n % 3 === 0 ? "mention" : "favourite",
        from: await storePerson(api.site, `person${n}`),
        post: n % 3 === 0 ? (hers[n] ?? hers[0]!) : (mine[0] ?? hers[0]!),
      });
    const client = await api.client();
    await client.post("/api/v1/lists", { title: "Bakers" });
    await client.post("/api/v1/tags/bread/follow");
  });
  after(() => api.close());

  /** A document beside the API, as a web app reads it: from another origin. */
  const open = async (path: string): Promise<{ text: string; type: string }> => {
    const answer = await fetch(api.origin + path, { headers: { origin: "https://app.example" } });
    const text = await answer.text();
    assert.equal(answer.status, 200, `${path} ${text.slice(0, 200)}`);
    assert.equal(answer.headers.get("access-control-allow-origin"), "*", path);
    return { text, type: answer.headers.get("content-type") ?? "" };
  };

  const preflight = async (path: string, verb: string): Promise<void> => {
    const answer = await fetch(api.origin + path, {
      method: "OPTIONS",
      headers: {
        origin: "https://app.example",
        "access-control-request-method": verb,
        "access-control-request-headers": "authorization,content-type,idempotency-key",
      },
    });
    assert.ok(answer.ok, `${path} ${answer.status}`);
    assert.equal(answer.headers.get("access-control-allow-origin"), "*");
    assert.ok((answer.headers.get("access-control-allow-methods") ?? "").includes(verb), path);
  };

  const idsOf = (body: unknown): string[] => (body as { id: string }[]).map(({ id }) => id);

  /** Walks `prev` from a page until there is none, as Tusky and Phanpy look for what is new. */
  const walkUp = async (client: ApiClient, path: string, parameters: Record<string, unknown>) => {
    const seen: string[] = [];
    let answer = await client.get(path, parameters);
    for (let pages = 0; ; pages += 1) {
      assert.ok(pages < 50, `${path}: the way up does not end`);
      seen.push(...idsOf(answer.body));
      if (answer.link.prev === undefined) return seen;
      answer = await client.get(answer.link.prev);
    }
  };

  it("Phanpy", async () => {
    const hostMeta = await open("/.well-known/host-meta");
    assert.match(hostMeta.type, /xml/);
    assert.match(hostMeta.text, /<Link [^>]*rel="lrdd"[^>]*template="http:\/\/localhost/);
    for (const [path, verb] of [
      ["/api/v1/apps", "POST"],
      ["/oauth/token", "POST"],
      ["/api/v1/timelines/home", "GET"],
    ] as const)
      await preflight(path, verb);
    const metadata = JSON.parse((await open("/.well-known/oauth-authorization-server")).text) as {
      code_challenge_methods_supported: string[];
    };
    assert.ok(metadata.code_challenge_methods_supported.includes("S256"));
    const redirect = "https://phanpy.example/";
    const { client, app, token } = await logIn(api, {
      name: "Phanpy",
      redirect,
      app: "form",
      token: "form",
      pkce,
    });
    const [preferences, instance, me] = await Promise.all([
      client.get("/api/v1/preferences"),
      api.stranger().get("/api/v2/instance"),
      client.get("/api/v1/accounts/verify_credentials"),
    ]);
    needs(preferences.body, PREFERENCES);
    needs(instance.body, { ...INSTANCE, "configuration.urls.streaming": "text" });
    needs(me.body, ME);
    const nodeinfo = (
      JSON.parse((await open("/.well-known/nodeinfo")).text) as { links: { rel: string; href: string }[] }
    ).links.filter(({ rel }) => rel.startsWith("http://nodeinfo.diaspora.software/ns/schema/2."));
    assert.ok(nodeinfo.length > 0);
    for (const { href } of nodeinfo)
      needs(JSON.parse((await open(new URL(href).pathname)).text), {
        "software.name": "text",
        "software.version": "text",
        metadata: "object",
      });
    eachNeeds((await client.get("/api/v1/timelines/home", { limit: 20 })).body, STATUS);
    const tags = await client.get("/api/v1/followed_tags", { limit: 200 });
    eachNeeds(tags.body, { name: "text", url: "url", history: "list" });
    assert.equal((await client.get("/api/v1/notifications", { limit: 1, since_id: "" })).body.length, 1);
    await client.get("/api/v1/markers", { timeline: ["home", "notifications"] });
    for (const stream of ["user", "user:notification"]) {
      const socket = await StreamClient.open(api.origin, client.token);
      await socket.subscribe(stream);
      socket.end();
    }
    needs((await client.get("/api/v2/search", { q: "from:me", type: "statuses", limit: 1 })).body, {
      statuses: "list",
      accounts: "list",
      hashtags: "list",
    });

    const grouped = (await client.get("/api/v2/notifications", { limit: 80, expand_accounts: "full" })).body;
    eachNeeds(grouped.notification_groups, {
      group_key: "text",
      type: "text",
      notifications_count: "number",
      sample_account_ids: "list",
      page_max_id: "text",
    });
    const big = grouped.notification_groups.find((one: { type: string }) => one.type === "favourite");
    eachNeeds((await client.get(`/api/v2/notifications/${big.group_key}/accounts`)).body, ACCOUNT);
    for (const path of ["/api/v2/notifications/policy", "/api/v1/notifications/requests"])
      await client.get(path);
    await client.get("/api/v1/announcements");
    await client.get("/api/v1/follow_requests", { limit: 80 });
    assert.match(
      (await client.get("/api/v1/push/subscription", {}, { expect: 404 })).body.error,
      /not found/i,
      "by these words it knows that there is none",
    );

    const id = own[0] ?? "";
    needs((await client.get(`/api/v1/statuses/${id}`)).body, STATUS);
    needs((await client.get(`/api/v1/statuses/${id}/context`)).body, {
      ancestors: "list",
      descendants: "list",
    });
    const media = await client.post(
      "/api/v2/media",
      { file: new File([await picture()], "crust.jpg", { type: "image/jpeg" }) },
      { as: "multipart" },
    );
    needs((await client.get(`/api/v1/media/${media.body.id as string}`)).body, { url: "url" });
    await api.stranger().post(
      "/oauth/revoke",
      {
        client_id: app.body.client_id,
        client_secret: app.body.client_secret,
        token: token.body.access_token,
      },
      { as: "form" },
    );
    await client.get("/api/v1/accounts/verify_credentials", {}, { expect: 401 });
  });

  it("Elk", async () => {
    const server = encodeURIComponent(new URL(api.origin).host);
    const { client } = await logIn(api, {
      name: "Elk",
      redirect: `https://elk.example/api/${server}/oauth/${encodeURIComponent("https://elk.example")}`,
      scopes: "read write follow push",
      app: "json",
      token: "json",
      tokenScope: true,
    });
    const { body: instance } = await api.stranger().get("/api/v2/instance");
    needs(instance, INSTANCE);
    assert.equal(instance.domain, new URL(api.origin).host, "it ends every handle of ours with this");
    const nodeinfo = JSON.parse((await open("/nodeinfo/2.0")).text) as { software: { name: string } };
    assert.equal(nodeinfo.software.name, "express-fediverse");
    const { body: me } = await client.get("/api/v1/accounts/verify_credentials");
    assert.equal(me.acct, "blog", "bare: it appends the domain");
    needs((await client.get("/api/v1/preferences")).body, PREFERENCES);
    await client.get("/api/v1/push/subscription", {}, { expect: 404 });
    const home = await client.pages("/api/v1/timelines/home", { limit: 30 });
    assert.equal(new Set(home.flatMap(({ body }) => idsOf(body))).size, HOME);
    await client.get("/api/v1/followed_tags", { limit: 0 });
    await api.stranger().get("/api/v1/custom_emojis");
    const socket = await StreamClient.open(api.origin, undefined, { protocol: client.token ?? "" });
    assert.equal(socket.socket.protocol, client.token, "browsers end a connection that does not echo it");
    await socket.subscribe("user");
    socket.end();
    const markers = await client.get("/api/v1/markers", { timeline: ["notifications"] });
    assert.equal(typeof markers.body.notifications?.last_read_id, "string", "read without a guard");
    const seen = await client.pages("/api/v1/notifications", { limit: 30 });
    assert.equal(new Set(seen.flatMap(({ body }) => idsOf(body))).size, NOTIFICATIONS);
    needs((await client.get("/api/v1/accounts/lookup", { acct: "blog" })).body, ACCOUNT);
    const media = await client.post(
      "/api/v1/media",
      { file: new File([await picture()], "image.png", { type: "image/png" }) },
      { as: "multipart" },
    );
    const described = await client.put(`/api/v1/media/${media.body.id as string}`, {
      description: "A crust",
    });
    assert.equal(described.body.description, "A crust");
    const posted = await client.post("/api/v1/statuses", {
      status: "From Elk",
      in_reply_to_id: null,
      media_ids: [media.body.id],
      sensitive: false,
      spoiler_text: "",
      visibility: "public",
      language: "en",
      poll: null,
    });
    needs(posted.body, STATUS);
    await client.delete(`/api/v1/statuses/${posted.body.id as string}`, { id: posted.body.id });
  });

  it("Tusky", async () => {
    const { client } = await logIn(api, {
      name: "Tusky",
      redirect: "oauth2redirect://com.keylesspalace.tusky/",
      app: "form",
      token: "form",
    });
    needs((await client.get("/api/v1/accounts/verify_credentials")).body, ME);
    assert.deepEqual((await client.get("/api/v1/announcements", { with_dismissed: false })).body, []);
    needs((await client.get("/api/v2/instance")).body, INSTANCE);
    await client.get("/api/v1/custom_emojis");
    assert.ok(Array.isArray((await client.get("/api/v2/filters")).body));
    const first = await client.get("/api/v1/timelines/home", { limit: 30 });
    eachNeeds(first.body, STATUS);
    for (const { account } of first.body as { account: unknown }[]) needs(account, ACCOUNT);
    const ids = idsOf(first.body);
    assert.deepEqual((await client.get("/api/v1/timelines/home", { since_id: ids[0], limit: 30 })).body, []);
    const below = await client.get("/api/v1/timelines/home", { max_id: ids.at(-1), limit: 30 });
    assert.equal(below.body.length, HOME - 30);
    const without = await client.get("/api/v1/notifications", {
      limit: 30,
      exclude_types: ["favourite", "unknown_thing"],
    });
    assert.ok(without.body.length > 0);
    assert.ok((without.body as { type: string }[]).every(({ type }) => type !== "favourite"));
    await client.post(
      "/api/v1/markers",
      { notifications: { last_read_id: "1" } },
      { as: "form", headers: { "content-type": "application/x-www-form-urlencoded" } },
    );
    const markers = await client.get("/api/v1/markers", { timeline: ["notifications"] });
    needs(markers.body.notifications, { last_read_id: "text", version: "number", updated_at: "text" });
    const seen = await walkUp(client, "/api/v1/notifications", { min_id: "0", limit: 4 });
    assert.equal(new Set(seen).size, NOTIFICATIONS);
    assert.equal(seen.length, NOTIFICATIONS, "none twice");
    const headers = { "idempotency-key": "tusky-1" };
    const compose = {
      status: "From Tusky",
      spoiler_text: "",
      in_reply_to_id: null,
      visibility: "public",
      sensitive: false,
      media_ids: [],
      scheduled_at: null,
      poll: null,
      language: "en",
    };
    const posted = await client.post("/api/v1/statuses", compose, { headers });
    assert.equal((await client.post("/api/v1/statuses", compose, { headers })).body.id, posted.body.id);
    await client.delete(
      `/api/v1/statuses/${posted.body.id as string}`,
      { delete_media: true },
      { as: "form" },
    );
  });

  it("Ivory", async () => {
    const { client } = await logIn(api, {
      name: "Ivory",
      redirect: "com.tapbots.Ivory.10217:/request_token",
      app: "form",
      token: "form",
    });
    needs((await client.get("/api/v1/accounts/verify_credentials")).body, ME);
    const home = await client.get("/api/v1/timelines/home", { limit: 40 });
    const oldest = idsOf(home.body).at(-1) ?? "";
    const above = await client.get("/api/v1/timelines/home", { limit: 5, min_id: oldest });
    assert.deepEqual(idsOf(above.body), idsOf(home.body).slice(-6, -1), "the page directly above");
    assert.equal((await client.get("/api/v1/timelines/home?limit=40&min_id=")).body.length, 40);
    needs((await client.get("/api/v1/preferences")).body, PREFERENCES);
    needs((await client.get("/api/v2/instance")).body, INSTANCE);
    eachNeeds((await client.get("/api/v1/lists")).body, { id: "text", title: "text" });
    const mentions = await client.get("/api/v1/notifications", { limit: 80, types: ["mention"], min_id: 1 });
    assert.equal(mentions.body.length, NOTIFICATIONS / 3);
    const all = {
      limit: 80,
      types: ["mention", "status", "reblog", "favourite", "follow", "poll", "update"],
    };
    assert.equal((await client.get("/api/v1/notifications", all)).body.length, NOTIFICATIONS);
    const mine = `/api/v1/accounts/${blog._id}`;
    needs((await client.get(mine)).body, ACCOUNT);
    const pages = await client.pages(`${mine}/statuses`, { exclude_reblogs: 1, limit: 3 });
    assert.deepEqual(
      pages.flatMap(({ body }) => idsOf(body)),
      own.toReversed(),
    );
    assert.deepEqual((await client.get(`${mine}/statuses`, { pinned: 1 })).body, []);
    await client.get("/api/v1/instance/languages");
    await client.get(`${mine}/featured_tags`, { limit: 80 });
    await client.pages(`${mine}/followers`, { limit: 16 });
  });

  it("Ice Cubes", async () => {
    needs((await api.stranger().get("/api/v2/instance")).body, INSTANCE);
    let login: LoggedIn | undefined;
    for (const app of ["json", "query"] as const)
      login = await logIn(api, {
        name: "IceCubesApp",
        redirect: "icecubesapp://",
        app,
        token: "json",
        tokenScope: true,
      });
    const client = login!.client;
    needs((await client.get("/api/v1/accounts/verify_credentials")).body, ME);
    assert.ok(Array.isArray((await client.get("/api/v1/instance/peers")).body));
    await client.get("/api/v1/lists");
    await client.get("/api/v1/followed_tags");
    await client.get("/api/v1/follow_requests");
    const [preferences, instance] = await Promise.all([
      client.get("/api/v1/preferences"),
      client.get("/api/v2/instance"),
    ]);
    needs(preferences.body, PREFERENCES);
    assert.ok(Number(instance.body.version.slice(0, 3)) >= 4.3, "it reads three characters as a number");
    const socket = await StreamClient.open(api.origin, undefined, {
      headers: { authorization: `Bearer ${client.token ?? ""}` },
    });
    for (const stream of ["user", "direct"]) await socket.subscribe(stream);
    socket.end();
    const pages = await client.pages("/api/v1/timelines/home", { limit: 40 });
    assert.equal(pages.length, 2);
    assert.match(pages[0]?.link.next ?? "", /max_id=[0-9]+/);
    for (const page of pages) {
      eachNeeds(page.body, STATUS);
      for (const status of page.body as { quote_approval?: { current_user: string } }[])
        if (status.quote_approval !== undefined)
          assert.match(status.quote_approval.current_user, /^(automatic|manual|denied|unknown)$/);
    }
    await client.get("/api/v1/markers", { timeline: ["home"] });
    needs((await client.get("/api/v1/tags/bread/")).body, { name: "text", history: "list" });
    const made = await client.post("/api/v1/lists", { title: "Mills" }, { as: "query" });
    await client.delete(`/api/v1/lists/${made.body.id as string}`, {}, { as: "query" });
  });

  it("Mastodon for iOS", async () => {
    const { client } = await logIn(api, {
      name: "Mastodon for iOS",
      redirect: "mastodon://joinmastodon.org/oauth",
      app: "json",
      token: "json",
    });
    needs((await client.get("/api/v1/accounts/verify_credentials")).body, ME);
    const { body: old } = await client.get("/api/v1/instance");
    needs(old, INSTANCE_V1);
    assert.ok(parseInt(old.version, 10) >= 4, "by this it goes on to the second");
    needs((await client.get("/api/v2/instance")).body, INSTANCE);
    await client.get("/api/v1/instance/translation_languages");
    for (const path of ["/api/v1/trends/tags", "/api/v1/trends/statuses", "/api/v1/trends/links"])
      assert.deepEqual((await client.get(path, { limit: 10 })).body, []);
    assert.ok(Array.isArray((await client.get("/api/v2/suggestions")).body));
    const pages = await client.pages("/api/v1/timelines/home", { limit: 20 });
    for (const page of pages.slice(0, -1)) assert.match(page.link.next ?? "", /max_id=([0-9]+)/);
  });

  it("Mastodon for Android", async () => {
    const { body: instance } = await api.stranger().get("/api/v2/instance");
    needs(instance, INSTANCE);
    assert.ok(instance.api_versions.mastodon >= 3, "from 3 on it offers PKCE");
    const { client } = await logIn(api, {
      name: "Mastodon for Android",
      redirect: "mastodon-android-auth://callback",
      app: "json",
      token: "json",
      pkce,
    });
    needs((await client.get("/api/v1/accounts/verify_credentials")).body, ME);
    needs((await client.get("/api/v1/preferences")).body, PREFERENCES);
    await client.get("/api/v1/custom_emojis");
    needs((await client.get("/api/v2/notifications/unread_count")).body, { count: "number" });
    needs((await client.get("/api/v1/markers", { timeline: ["home", "notifications"] })).body, {});
    assert.deepEqual((await client.get("/api/v1/trends", { limit: 10 })).body, []);
    needs((await client.get("/api/v1/notifications/policy")).body, {
      filter_not_following: "boolean",
      filter_not_followers: "boolean",
      filter_new_accounts: "boolean",
      filter_private_mentions: "boolean",
      summary: "object",
    });
    const home = await client.get("/api/v1/timelines/home", { limit: 20 });
    eachNeeds(home.body, STATUS);
    for (const { account } of home.body as { account: unknown }[]) needs(account, ACCOUNT);
  });

  it("Tuba", async () => {
    const links = (JSON.parse((await open("/.well-known/nodeinfo")).text) as { links: { rel: string }[] })
      .links;
    assert.ok(links.some(({ rel }) => rel === "http://nodeinfo.diaspora.software/ns/schema/2.0"));
    const { client, app } = await logIn(api, {
      name: "Tuba",
      redirect: "tuba://auth_code",
      app: "form",
      token: "form",
    });
    assert.equal(app.body.name, "Tuba", "anything else and it goes no further");
    needs((await client.get("/api/v1/accounts/verify_credentials")).body, ME);
    needs((await client.get("/api/v1/instance")).body, INSTANCE_V1);
    needs((await client.get("/api/v2/instance")).body, INSTANCE);
    await client.get("/api/v1/custom_emojis");
    await client.get("/api/v1/lists");
    await client.get("/api/v1/announcements");
    await client.get("/api/v1/markers?timeline[]=home&timeline[]=notifications");
    eachNeeds((await client.get("/api/v1/notifications")).body, {
      id: "text",
      type: "text",
      account: "object",
    });
    const socket = await StreamClient.open(api.origin, client.token, { query: { stream: "user" } });
    socket.end();
    await client.post(
      "/api/v1/media",
      { file: new File([await picture()], "crust.jpg", { type: "image/jpeg" }) },
      { as: "multipart" },
    );
  });

  it("toot, which pastes the code and opens the question with a slash at the end", async () => {
    const { body: instance } = await api.stranger().get("/api/v1/instance");
    needs(instance, INSTANCE_V1);
    assert.equal(instance.uri, new URL(api.origin).host);
    const { client } = await logIn(api, {
      name: "toot - a Mastodon CLI client",
      redirect: "urn:ietf:wg:oauth:2.0:oob",
      app: "json",
      token: "form",
      authorizePath: "/oauth/authorize/",
    });
    const { body: me } = await client.get("/api/v1/accounts/verify_credentials");
    needs(me, ME);
    await client.get("/api/v1/instance");
    await client.get("/api/v1/preferences");
    assert.match(
      (await client.get("/api/v1/timelines/home")).headers.get("link") ?? "",
      /^<[^>]+>; rel="next"/,
    );
    await client.pages(`/api/v1/accounts/${me.id as string}/following`);
    const found = await client.get("/api/v2/search", { q: "blog", type: "accounts", resolve: true });
    assert.ok((found.body.accounts as { acct: string }[]).some(({ acct }) => acct === "blog"));
  });
});
