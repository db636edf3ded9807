import assert from "node:assert/strict";
import type { ActorRow } from "../../src/database/rows.ts";
import { MOST_KEYWORDS } from "../../src/domain/filters.ts";
import { subscribe } from "../../src/domain/stream.ts";
import { payloadOf } from "../../src/mastodon/streaming/payload.ts";
import { storePerson } from "../support/people.ts";
import { placeAtHome, storeFollow, storeNotification, storePost } from "./support/stored.ts";
import type { ApiClient } from "./support/api-client.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";

interface Keyword {
  id: string;
  keyword: string;
  whole_word: boolean;
}

describe("filters", () => {
  let api: StartedApi;
  let blog: ActorRow;
  let ada: ActorRow;
  let client: ApiClient;

  before(async () => {
    api = await startApi({
      accounts: [{ username: "blog" }, { username: "guest" }],
      api: { requestsPer5Minutes: 100_000 },
    });
    blog = await api.account();
    client = await api.client();
    ada = await storePerson(api.site, "ada");
    await storeFollow(api.site, blog, ada);
  });
  after(() => api.close());
  beforeEach(async () => {
    await api.site.models.filters.deleteMany({});
    await api.site.models.timelines.deleteMany({});
  });

  const filter = (more: object = {}, expect = 200) =>
    client.post(
      "/api/v2/filters",
      { title: "Crumbs", context: ["home"], keywords_attributes: [{ keyword: "crumb" }], ...more },
      { expect },
    );
  const words = (body: { keywords: Keyword[] }): unknown[] =>
    body.keywords.map((one) => [one.keyword, one.whole_word]);

  describe("version 2", () => {
    it("are made with their keywords, and read again", async () => {
      const { body } = await filter({ expires_in: 3600 });
      assert.deepEqual([body.title, body.context, body.filter_action], ["Crumbs", ["home"], "warn"]);
      assert.deepEqual(words(body), [["crumb", true]]);
      assert.match(body.expires_at, /\.\d{3}Z$/);
      assert.deepEqual((await client.get("/api/v2/filters")).body, [body]);
      assert.deepEqual((await client.get(`/api/v2/filters/${body.id}`)).body, body);
      assert.deepEqual((await client.delete(`/api/v2/filters/${body.id}`)).body, {});
      await client.get(`/api/v2/filters/${body.id}`, {}, { expect: 404 });
    });

    it("are made from a form with index keys, as Tusky and others send it", async () => {
      const { body } = await client.post(
        "/api/v2/filters?title=Rye&context[]=home&context[]=thread&filter_action=hide&keywords_attributes[0][keyword]=rye&keywords_attributes[0][whole_word]=false&keywords_attributes[1][keyword]=oat",
      );
      assert.deepEqual(words(body), [
        ["rye", false],
        ["oat", true],
      ]);
      assert.deepEqual([body.context, body.filter_action], [["home", "thread"], "hide"]);
    });

    it("change, add and lose keywords in one call; what is not said stays", async () => {
      const { body } = await filter({
        keywords_attributes: [{ keyword: "one" }, { keyword: "two" }],
        expires_in: "60",
      });
      const [one, two] = body.keywords as Keyword[];
      const changed = await client.put(`/api/v2/filters/${body.id}`, {
        keywords_attributes: [
          { id: one?.id, keyword: "uno", whole_word: false },
          { id: two?.id, _destroy: true },
          { keyword: "three" },
        ],
        expires_in: "",
      });
      assert.deepEqual(words(changed.body), [
        ["uno", false],
        ["three", true],
      ]);
      assert.deepEqual([changed.body.title, changed.body.expires_at], ["Crumbs", null]);
      assert.equal(changed.body.keywords[0].id, one?.id);
      const wrong = { keywords_attributes: [{ id: "12345", keyword: "x" }] };
      await client.put(`/api/v2/filters/${body.id}`, wrong, { expect: 404 });
    });

    it("keep every keyword of several that come at the same moment, and answer each with its own", async () => {
      const { body } = await filter();
      const sent = ["rye", "oat", "spelt", "corn"];
      const answers = await Promise.all(
        sent.map((keyword) => client.post(`/api/v2/filters/${body.id}/keywords`, { keyword })),
      );
      assert.deepEqual(
        answers.map((answer) => answer.body.keyword),
        sent,
      );
      const { keywords } = (await client.get(`/api/v2/filters/${body.id}`)).body as { keywords: Keyword[] };
      assert.deepEqual(keywords.map((one) => one.keyword).sort(), [...sent, "crumb"].sort());
    });

    it("have keywords and statuses with methods of their own", async () => {
      const { body } = await filter();
      const added = await client.post(`/api/v2/filters/${body.id}/keywords`, { keyword: "toast" });
      assert.equal(added.body.whole_word, true);
      const path = `/api/v2/filters/keywords/${added.body.id}`;
      assert.equal((await client.get(path)).body.keyword, "toast");
      const put = await client.put(path, { keyword: "burnt toast", whole_word: false });
      assert.deepEqual([put.body.keyword, put.body.whole_word], ["burnt toast", false]);
      assert.equal((await client.get(`/api/v2/filters/${body.id}/keywords`)).body.length, 2);
      assert.deepEqual((await client.delete(path)).body, {});
      await client.get(path, {}, { expect: 404 });

      const post = await storePost(api.site, ada);
      const statuses = `/api/v2/filters/${body.id}/statuses`;
      const kept = await client.post(statuses, { status_id: String(post._id) });
      assert.equal(kept.body.status_id, String(post._id));
      await client.post(statuses, { status_id: String(post._id) }, { expect: 422 });
      await client.post(statuses, { status_id: "1" }, { expect: 404 });
      assert.deepEqual((await client.get(statuses)).body, [kept.body]);
      const one = `/api/v2/filters/statuses/${kept.body.id}`;
      assert.deepEqual((await client.get(one)).body, kept.body);
      assert.deepEqual((await client.delete(one)).body, kept.body);
      await client.get(one, {}, { expect: 404 });
    });

    it("refuse what cannot be, and change nothing", async () => {
      for (const wrong of [
        { title: " " },
        { title: "x".repeat(257) },
        { context: [] },
        { context: ["moon"] },
        { filter_action: "burn" },
        { expires_in: "soon" },
        { keywords_attributes: [{ keyword: "" }] },
        { keywords_attributes: [{ keyword: "x".repeat(513) }] },
      ])
        await filter(wrong, 422);
      await client.post("/api/v2/filters", {}, { expect: 422 });
      assert.deepEqual((await client.get("/api/v2/filters")).body, []);
    });

    it("hold a thousand keywords over all, each with an id of its own, and not one more", async () => {
      const many = Array.from({ length: MOST_KEYWORDS }, (_, at) => ({ keyword: `word${at}` }));
      await filter({ keywords_attributes: [...many, { keyword: "more" }] }, 422);
      const { body } = await filter({ keywords_attributes: many });
      assert.equal(new Set((body.keywords as Keyword[]).map((one) => one.id)).size, MOST_KEYWORDS);
      await filter({}, 422);
      await client.post(`/api/v2/filters/${body.id}/keywords`, { keyword: "more" }, { expect: 422 });
      await placeAtHome(api.site, blog, [
        await storePost(api.site, ada, { content: "<p>Word7, word70.</p>" }),
      ]);
      const [status] = (await client.get("/api/v1/timelines/home")).body;
      assert.deepEqual(status.filtered[0].keyword_matches, ["word7", "word70"]);
    });

    it("are their owner's alone, and need their scopes", async () => {
      const { body } = await filter();
      const other = await api.client("guest");
      assert.deepEqual((await other.get("/api/v2/filters")).body, []);
      const keyword = `/api/v2/filters/keywords/${body.keywords[0].id}`;
      for (const path of [`/api/v2/filters/${body.id}`, keyword]) {
        await other.get(path, {}, { expect: 404 });
        await other.put(path, { keyword: "x", title: "x" }, { expect: 404 });
        await other.delete(path, {}, { expect: 404 });
      }
      await (await api.client("blog", "read")).delete(keyword, {}, { expect: 403 });
      await (await api.client("blog", "write:filters")).get("/api/v2/filters", {}, { expect: 403 });
    });

    it("tell the apps that are open", async () => {
      const events: string[] = [];
      const stop = subscribe(api.site, [`user:${blog._id}`], ({ event }) => void events.push(event));
      const changes = async (...calls: (() => Promise<unknown>)[]): Promise<void> => {
        for (const call of calls) {
          events.length = 0;
          await call();
          assert.deepEqual(events, ["filters_changed"], String(call));
        }
      };
      const { body } = await filter();
      const at = `/api/v2/filters/${body.id}`;
      const post = await storePost(api.site, ada);
      const word = (await client.post(`${at}/keywords`, { keyword: "rye" })).body.id as string;
      const status = (await client.post(`${at}/statuses`, { status_id: String(post._id) })).body.id as string;
      await changes(
        () => client.put(at, { title: "Other" }),
        () => client.put(`/api/v2/filters/keywords/${word}`, { keyword: "oat" }),
        () => client.delete(`/api/v2/filters/keywords/${word}`),
        () => client.delete(`/api/v2/filters/statuses/${status}`),
        () => client.delete(at),
      );
      const old = (await client.post("/api/v1/filters", { phrase: "rye", context: ["home"] })).body
        .id as string;
      await changes(
        () => client.put(`/api/v1/filters/${old}`, { phrase: "oat", context: ["home"] }),
        () => client.delete(`/api/v1/filters/${old}`),
      );
      events.length = 0;
      await filter({ title: "" }, 422);
      stop();
      assert.deepEqual(events, []);
    });
  });

  describe("in statuses", () => {
    const matches = async (content: string, keyword: string, wholeWord = true): Promise<boolean> => {
      await api.site.models.filters.deleteMany({});
      await api.site.models.timelines.deleteMany({});
      await filter({ keywords_attributes: [{ keyword, whole_word: wholeWord }] });
      await placeAtHome(api.site, blog, [await storePost(api.site, ada, { content })]);
      const [status] = (await client.get("/api/v1/timelines/home")).body;
      return (status.filtered as unknown[]).length === 1;
    };

    it("match whole words in any script, or anywhere if that is wished", async () => {
      assert.equal(await matches("<p>Fresh crumbs</p>", "crumb"), false);
      assert.equal(await matches("<p>Fresh crumbs</p>", "CRUMB", false), true);
      assert.equal(await matches("<p>Kein Übermaß.</p>", "übermaß"), true);
      assert.equal(await matches("<p>überall</p>", "all"), false);
      assert.equal(await matches("<p>свежий хлеб!</p>", "хлеб"), true);
      assert.equal(await matches("<p>nice :)</p>", ":)"), true);
      assert.equal(await matches("<p>(.*)+ is a pattern</p>", "(.*)+"), true);
      assert.equal(await matches("<p>a <b>ru</b>de word</p>", "rude"), true);
      for (const keyword of ["spider-man", "-man", "a/b", "[x]^$|{2}\\", "&co"])
        assert.equal(
          await matches(`<p>of ${keyword.replace("&", "&amp;")} today</p>`, keyword),
          true,
          keyword,
        );
    });

    it("say why, also for one post alone, and are silent after their end", async () => {
      const post = await storePost(api.site, ada);
      await placeAtHome(api.site, blog, [post]);
      const { body } = await filter({ keywords_attributes: [], filter_action: "hide" });
      await client.post(`/api/v2/filters/${body.id}/statuses`, { status_id: String(post._id) });
      const shown = async (): Promise<{ filter: { filter_action: string }; status_matches: string[] }[]> =>
        (await client.get("/api/v1/timelines/home")).body[0].filtered;
      const [result] = await shown();
      assert.deepEqual([result?.filter.filter_action, result?.status_matches], ["hide", [String(post._id)]]);
      await client.put(`/api/v2/filters/${body.id}`, { expires_in: 0 });
      assert.deepEqual(await shown(), []);
    });
  });

  describe("that hide", () => {
    it("are told with the posts, which apps then leave out: in lists, notifications and streams alike", async () => {
      const context = ["home", "notifications", "public", "thread", "account"];
      await filter({
        title: "Gone",
        context,
        filter_action: "hide",
        keywords_attributes: [{ keyword: "stale" }],
      });
      const post = await storePost(api.site, ada, { content: "<p>stale bread</p>" });
      await placeAtHome(api.site, blog, [post]);
      await storeNotification(api.site, blog, ada, "mention", { post: post._id });
      // As upstream since version 4: only the app knows what the person looks at.
      const actions = (status: { filtered: { filter: { filter_action: string } }[] }): string[] =>
        status.filtered.map((one) => one.filter.filter_action);
      const [atHome] = (await client.get("/api/v1/timelines/home")).body;
      assert.deepEqual([atHome.id, actions(atHome)], [String(post._id), ["hide"]]);
      const [rung] = (await client.get("/api/v1/notifications")).body;
      assert.deepEqual([rung.type, actions(rung.status)], ["mention", ["hide"]]);
      const viewer = { account: blog, token: { _id: 1, scopes: ["read"] } };
      const payload = await payloadOf(
        api.site,
        viewer,
        { channels: [`user:${blog._id}`], event: "update", post: post._id },
        false,
      );
      assert.deepEqual(actions(JSON.parse(String(payload))), ["hide"]);
    });
  });

  describe("version 1", () => {
    it("are keywords of version 2, under the keyword's id, and say that they are old", async () => {
      const made = await client.post("/api/v1/filters", {
        phrase: "crumb",
        context: ["home", "public"],
        irreversible: true,
        whole_word: false,
        expires_in: 60,
      });
      assert.match(made.headers.get("deprecation") ?? "", /^@\d+$/);
      assert.deepEqual(
        [made.body.phrase, made.body.context, made.body.irreversible, made.body.whole_word],
        ["crumb", ["home", "public"], true, false],
      );
      const [v2] = (await client.get("/api/v2/filters")).body;
      assert.deepEqual([v2.filter_action, v2.keywords[0].id], ["hide", made.body.id]);
      const path = `/api/v1/filters/${made.body.id}`;
      const changed = await client.put(path, { phrase: "toast", context: ["home"], expires_in: "" });
      assert.deepEqual(
        [changed.body.phrase, changed.body.context, changed.body.expires_at],
        ["toast", ["home"], null],
      );
      assert.deepEqual((await client.get(path)).body, changed.body);
      assert.deepEqual((await client.get("/api/v1/filters")).body, [changed.body]);
      assert.deepEqual((await client.delete(path)).body, {});
      assert.deepEqual((await client.get("/api/v2/filters")).body, []);
    });

    it("leave alone what other keywords share", async () => {
      const { body } = await filter({ keywords_attributes: [{ keyword: "one" }, { keyword: "two" }] });
      const path = `/api/v1/filters/${body.keywords[0].id}`;
      await client.put(path, { phrase: "uno", context: ["public"] }, { expect: 422 });
      const same = await client.put(path, { phrase: "uno", context: ["home"], irreversible: false });
      assert.equal(same.body.phrase, "uno");
      await client.delete(path);
      assert.equal((await client.get(`/api/v2/filters/${body.id}`)).body.keywords.length, 1);
      await client.post("/api/v1/filters", { phrase: "", context: ["home"] }, { expect: 422 });
      await client.post("/api/v1/filters", { phrase: "x" }, { expect: 422 });
      await client.get("/api/v1/filters/1", {}, { expect: 404 });
    });
  });
});
