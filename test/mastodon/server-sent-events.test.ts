import assert from "node:assert/strict";
import { get } from "node:http";
import type { ActorRow } from "../../src/database/rows.ts";
import { notify } from "../../src/domain/notifications.ts";
import { publishPost, removePost } from "../../src/domain/posts.ts";
import { publishEvent } from "../../src/domain/publish-event.ts";
import { hashSecret } from "../../src/domain/secrets.ts";
import { hubOf } from "../../src/domain/stream.ts";
import { revokeToken } from "../../src/domain/tokens.ts";
import { connectionsOf } from "../../src/mastodon/streaming/connections.ts";
import { storePerson } from "../support/people.ts";
import { until } from "../support/until.ts";
import { noteMethod } from "./support/methods-called.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";

/** A client of server-sent events, of the text as it comes. */
class EventReader {
  text = "";
  isOver = false;
  readonly response: Response;
  readonly #ending: AbortController;

  constructor(response: Response, ending: AbortController) {
    this.response = response;
    this.#ending = ending;
    void this.#read().catch(() => (this.isOver = true));
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of response(this.response)) this.text += decoder.decode(chunk, { stream: true });
    this.isOver = true;
  }

  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    await until(() => pattern.test(this.text), `${pattern} in ${JSON.stringify(this.text)}`);
    return pattern.exec(this.text) as RegExpExecArray;
  }

  end(): void {
    this.#ending.abort();
  }
}

function response({ body }: Response): AsyncIterable<Uint8Array> {
  assert.ok(body);
  return body;
}

describe("streaming by server-sent events", () => {
  let api: StartedApi;
  let blog: ActorRow;
  let token: string;
  const open: EventReader[] = [];

  before(async () => {
    api = await startApi();
    blog = await api.account();
    token = await api.tokenFor("blog");
  });
  after(() => api.close());
  afterEach(async () => {
    for (const reader of open.splice(0)) reader.end();
    await until(() => connectionsOf(api.site).size === 0, "the end of all connections");
    assert.equal(hubOf(api.site).listeners.size, 0);
  });

  const ask = async (path: string, secret = token, method = "GET"): Promise<[Response, AbortController]> => {
    const ending = new AbortController();
    noteMethod("GET", `/api/v1/streaming/${path}`);
    const answer = await fetch(`${api.origin}/api/v1/streaming/${path}`, {
      method,
      headers: { authorization: `Bearer ${secret}` },
      signal: ending.signal,
    });
    return [answer, ending];
  };
  const listen = async (path: string, secret = token): Promise<EventReader> => {
    const [answer, ending] = await ask(path, secret);
    assert.equal(answer.status, 200, path);
    const reader = new EventReader(answer, ending);
    open.push(reader);
    await reader.shows(/^:\)\n/);
    return reader;
  };

  it("begins with a smile and tells events with their data", async () => {
    const reader = await listen("user");
    assert.match(reader.response.headers.get("content-type") ?? "", /^text\/event-stream/);
    assert.match(reader.response.headers.get("cache-control") ?? "", /no-store/);
    assert.equal(reader.response.headers.get("access-control-allow-origin"), "*");
    const post = await publishPost(api.site, { text: "Warm" });
    const [, data] = await reader.shows(/event: update\ndata: (.*)\n\n/);
    assert.equal(JSON.parse(data ?? "").id, String(post._id));
    await removePost(api.site, post.uri);
    await reader.shows(new RegExp(`event: delete\\ndata: ${post._id}\\n\\n`));
    publishEvent(api.site, { channels: [`user:${blog._id}`], event: "filters_changed" });
    await reader.shows(/event: filters_changed\ndata: .+\n\n/);
  });

  it("needs no server to be attached, and shows a sign of life", async () => {
    assert.equal(api.site.faces.streamingUrl, undefined);
    const reader = await listen("user/notification");
    await connectionsOf(api.site).beat();
    await reader.shows(/\n:thump\n/);
    const ada = await storePerson(api.site, "ada");
    await notify(api.site, { owner: blog, type: "follow", from: ada });
    await reader.shows(/event: notification\n/);
  });

  it("serves every path", async () => {
    const readers = await Promise.all(
      [
        "public",
        "public/local",
        "public/local?only_media=true",
        "hashtag?tag=Rye",
        "hashtag/local?tag=rye",
        "public/remote",
        "direct",
      ].map((path) => listen(path)),
    );
    const post = await publishPost(api.site, { text: "Sour #rye" });
    for (const at of [0, 1, 3, 4]) await readers[at]?.shows(new RegExp(`"id":"${post._id}"`));
    for (const at of [2, 5, 6]) assert.equal(readers[at]?.text, ":)\n");
  });

  it("answers health in plain text, to anybody", async () => {
    noteMethod("GET", "/api/v1/streaming/health");
    const answer = await fetch(`${api.origin}/api/v1/streaming/health`);
    assert.match(answer.headers.get("content-type") ?? "", /^text\/plain/);
    assert.equal(await answer.text(), "OK");
  });

  it("refuses in JSON: strangers, scopes that are too small, lists of nobody, a tag that is missing", async () => {
    const client = await api.client("blog", "read:notifications");
    await api.stranger().get("/api/v1/streaming/user", {}, { expect: 401 });
    await client.get("/api/v1/streaming/public", {}, { expect: 403 });
    const reader = await api.client();
    await reader.get("/api/v1/streaming/list", { list: "17" }, { expect: 404 });
    await reader.get("/api/v1/streaming/list", {}, { expect: 404 });
    await reader.get("/api/v1/streaming/hashtag", {}, { expect: 400 });
    await reader.get("/api/v1/streaming/nothing", {}, { expect: 404 });
    assert.equal(connectionsOf(api.site).size, 0);
  });

  it("tells HEAD the head and is done", async () => {
    const [answer] = await ask("user", token, "HEAD");
    assert.match(answer.headers.get("content-type") ?? "", /^text\/event-stream/);
  });

  it("given up while it opens leaves nothing behind", async () => {
    const secret = await api.tokenFor("blog");
    for (let each = 0; each < 60; each += 1)
      await new Promise<void>((resolve) => {
        const options = { headers: { authorization: `Bearer ${secret}` }, agent: false };
        const asking = get(`${api.origin}/api/v1/streaming/user`, options);
        asking.on("error", () => resolve()).on("close", () => resolve());
        // As soon as it is asked, and in the moments after.
        asking.on("finish", () => {
          let turns = each;
          const giveUp = (): unknown => (turns-- > 0 ? setImmediate(giveUp) : asking.destroy());
          giveUp();
        });
      });
    await until(() => connectionsOf(api.site).size === 0, "the end of all that were given up");
    await listen("user", secret);
  });

  it("ends with its token, and at twenty of one token", async () => {
    const secret = await api.tokenFor("blog");
    for (let at = 0; at < 20; at += 1) await listen("user", secret);
    const [refused] = await ask("user", secret);
    assert.equal(refused.status, 429);
    const row = await api.site.models.tokens.findOne({ tokenHash: hashSecret(secret) }).lean();
    assert.ok(row);
    await revokeToken(api.site, row);
    await until(() => open.every((reader) => reader.isOver), "the end of all");
  });
});
