import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { WebSocketServer } from "ws";
import type { ActorRow } from "../../src/database/rows.ts";
import { insertRow } from "../../src/database/native.ts";
import { followActor } from "../../src/domain/following.ts";
import { notify } from "../../src/domain/notifications.ts";
import { publishPost, removePost, updatePost } from "../../src/domain/posts.ts";
import { publishEvent } from "../../src/domain/publish-event.ts";
import { receivePost } from "../../src/domain/receive.ts";
import { hashSecret } from "../../src/domain/secrets.ts";
import { hubOf } from "../../src/domain/stream.ts";
import { revokeToken } from "../../src/domain/tokens.ts";
import { connectionsOf } from "../../src/mastodon/streaming/connections.ts";
import { snowflake } from "../../src/support/ids.ts";
import { noteBy, storePerson } from "../support/people.ts";
import { until } from "../support/until.ts";
import { schemaProblems } from "./support/schemas.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";
import { storePost } from "./support/stored.ts";
import { StreamClient } from "./support/stream-client.ts";

describe("streaming by WebSocket", () => {
  let api: StartedApi;
  let blog: ActorRow;
  let ada: ActorRow;
  let token: string;
  const open: StreamClient[] = [];

  before(async () => {
    api = await startApi();
    api.fedi.attach(api.server);
    blog = await api.account();
    ada = await storePerson(api.site, "ada");
    token = await api.tokenFor("blog");
    await api.site.models.follows.create({
      _id: snowflake(new Date()),
      follower: blog._id,
      followed: ada._id,
      state: "accepted",
      uri: "https://blog.example/ap/activities/1",
      followerUri: blog.uri,
      followedUri: ada.uri,
      deliverTo: ada.inbox,
      deliverHost: ada.host,
      createdAt: new Date(),
    });
  });
  after(() => api.close());
  afterEach(async () => {
    for (const client of open.splice(0)) client.end();
    await until(() => connectionsOf(api.site).size === 0, "the end of all connections");
  });

  const connectTo = async (
    options: Parameters<typeof StreamClient.open>[2] = {},
    secret: string | undefined = token,
  ): Promise<StreamClient> => {
    const client = await StreamClient.open(api.origin, secret, options);
    open.push(client);
    return client;
  };
  const listening = async (stream: string, more: Record<string, unknown> = {}): Promise<StreamClient> => {
    const client = await connectTo();
    await client.subscribe(stream, more);
    return client;
  };
  let count = 0;
  const note = (more: Parameters<typeof noteBy>[1] = {}): ReturnType<typeof noteBy> =>
    noteBy(ada, { content: `<p>Loaf ${(count += 1)}</p>`, published: new Date(), ...more });

  describe("opening", () => {
    it("takes the token from the address, a header, or the protocol, which it names again", async () => {
      const byAddress = await connectTo({ query: { stream: "user" } });
      const byHeader = await StreamClient.open(api.origin, undefined, {
        headers: { authorization: `Bearer ${token}` },
      });
      const byProtocol = await StreamClient.open(api.origin, undefined, { protocol: token });
      open.push(byHeader, byProtocol);
      assert.equal(byProtocol.socket.protocol, token);
      for (const client of [byHeader, byProtocol]) await client.subscribe("user");
      const post = await publishPost(api.site, { text: "To all three" });
      for (const client of [byAddress, byHeader, byProtocol]) {
        const [status] = await client.hears("update");
        assert.equal(status.id, String(post._id));
      }
    });

    it("refuses strangers, wrong tokens and apps without a person, in JSON", async () => {
      await assert.rejects(
        StreamClient.open(api.origin, undefined),
        /401 \{"error":"The access token is invalid"\}/,
      );
      await assert.rejects(StreamClient.open(api.origin, "made-up"), /401/);
      await assert.rejects(
        StreamClient.open(api.origin, await api.tokenFor(undefined)),
        /422 .*authenticated user/,
      );
    });

    it("names its address in the instance documents only while it is attached", async () => {
      assert.equal(api.site.faces.streamingUrl, api.origin.replace(/^http/, "ws"));
      const other = await startApi();
      assert.equal(other.site.faces.streamingUrl, undefined);
      other.fedi.attach(other.server);
      other.fedi.attach(other.server);
      assert.equal(other.server.listenerCount("upgrade"), 1);
      await other.close();
      assert.equal(other.site.faces.streamingUrl, undefined);
      assert.equal(other.server.listenerCount("upgrade"), 0);
    });

    it("gives one token twenty connections and no more", async () => {
      for (let at = 0; at < 20; at += 1) await connectTo();
      await assert.rejects(StreamClient.open(api.origin, token), /429/);
      await connectTo({}, await api.tokenFor("blog"));
    });
  });

  describe("the host's other upgrades", () => {
    it("reach the host's own listener", async () => {
      const other = await startApi();
      const own = new WebSocketServer({ noServer: true });
      other.server.on("upgrade", (request, socket, head) => {
        if (request.url?.startsWith("/chat") === true)
          own.handleUpgrade(request, socket, head, (client) => client.send('{"event":"hello","stream":[]}'));
      });
      other.fedi.attach(other.server);
      const client = await StreamClient.open(other.origin, undefined, { path: "/chat" });
      await until(() => client.frames.length === 1);
      client.end();
      await other.close();
    });

    it("are ordinary requests where nobody listens, as they were before", async () => {
      api.app.get("/page", (_request, response) => void response.send("the host's page"));
      const text = await rawRequest(api.origin, "/page", ["Connection: Upgrade", "Upgrade: h2c"]);
      assert.match(text, /^HTTP\/1\.1 200 OK[\s\S]*the host's page$/);
    });
  });

  describe("frames", () => {
    it("tell of new, edited and deleted posts of people who are followed", async () => {
      const client = await listening("user");
      const sent = note();
      await receivePost(api.site, ada, sent);
      const [status] = await client.hears("update", "user");
      assert.equal(status.account.acct, "ada@remote.example");
      assert.equal(status.favourited, false);
      assert.deepEqual(status.filtered, []);
      assert.deepEqual(schemaProblems("GET", "/api/v1/statuses/1", 200, status), []);
      await receivePost(api.site, ada, {
        ...sent,
        content: "<p>Better loaf</p>",
        updated: new Date(Date.now() - 1),
      });
      const [edited] = await client.hears("status.update", "user");
      assert.match(edited.content, /Better loaf/);
      const own = await publishPost(api.site, { text: "Gone in a moment" });
      await removePost(api.site, own.uri);
      await client.hears("delete");
      const raw = client.frames.find((frame) => frame.event === "delete");
      assert.deepEqual(raw, { stream: ["user"], event: "delete", payload: String(own._id) });
    });

    it("arrive in the order of what happened", async () => {
      const client = await listening("user");
      const ids: string[] = [];
      for (let at = 0; at < 20; at += 1)
        ids.push(String((await publishPost(api.site, { text: `Number ${at}` }))._id));
      const heard = await client.hears("update", "user", 20);
      assert.deepEqual(
        heard.map((status) => status.id),
        ids,
      );
    });

    it("tell of notifications on both streams, each with its own name", async () => {
      const client = await listening("user");
      await client.subscribe("user:notification");
      const post = await publishPost(api.site, { text: "Like this" });
      const row = await notify(api.site, { owner: blog, type: "favourite", from: ada, post });
      for (const stream of ["user", "user:notification"]) {
        const [notification] = await client.hears("notification", stream);
        assert.equal(notification.id, String(row?._id));
        assert.deepEqual(schemaProblems("GET", "/api/v1/notifications/1", 200, notification), []);
      }
      assert.equal(client.of("update", "user:notification").length, 0);
    });

    it("tell of a direct message as a conversation", async () => {
      const client = await listening("direct");
      const sent = note({
        visibility: "direct",
        to: [blog.uri],
        mentions: [{ uri: blog.uri, name: `@${blog.handle}` }],
      });
      await receivePost(api.site, ada, sent);
      const [conversation] = await client.hears("conversation", "direct");
      assert.equal(conversation.unread, true);
      assert.equal(conversation.accounts[0].acct, "ada@remote.example");
      assert.equal(conversation.last_status.visibility, "direct");
    });

    it("without anything to say have no payload", async () => {
      const client = await listening("user");
      publishEvent(api.site, { channels: [`user:${blog._id}`], event: "filters_changed" });
      await until(() => client.frames.some((frame) => frame.event === "filters_changed"));
      assert.deepEqual(client.frames.at(-1), { stream: ["user"], event: "filters_changed" });
    });

    it("end for a stream that is taken back", async () => {
      const client = await listening("user");
      client.send({ type: "unsubscribe", stream: "user" });
      await client.subscribe("public");
      await publishPost(api.site, { text: "Only in public" });
      await client.hears("update", "public");
      assert.equal(client.of("update", "user").length, 0);
    });

    it("come once for a stream asked for twice", async () => {
      const client = await listening("user");
      await client.subscribe("user");
      await publishPost(api.site, { text: "Once" });
      await client.hears("update");
      await client.settle();
      assert.equal(client.of("update").length, 1);
    });
  });

  describe("public streams", () => {
    it("have what is public, by place, medium and tag", async () => {
      const client = await connectTo();
      const names = ["public", "public:local", "public:remote", "public:media", "public:local:media"];
      for (const name of names) await client.subscribe(name);
      await client.subscribe("hashtag", { tag: "Bread" });
      await client.subscribe("hashtag:local", { tag: "bread" });
      await publishPost(api.site, { text: "Ours #bread" });
      await receivePost(
        api.site,
        ada,
        note({ hashtags: ["Bread"], attachments: [{ type: "Image", url: "https://remote.example/1.png" }] }),
      );
      await client.hears("update", "public", 2);
      await client.settle();
      const heard = (name: string): number => client.of("update", name).length;
      assert.deepEqual([...names, "hashtag", "hashtag:local"].map(heard), [2, 1, 1, 1, 0, 2, 1]);
      const labels = client.frames
        .filter((frame) => frame.stream?.[0] === "hashtag")
        .map((frame) => frame.stream);
      assert.deepEqual(labels[0], ["hashtag", "Bread"]);
    });

    it("have nothing that is not public, and no answers", async () => {
      const client = await listening("public");
      const post = await publishPost(api.site, { text: "Public" });
      for (const visibility of ["unlisted", "followers"] as const)
        await publishPost(api.site, { text: `Not this ${visibility}`, visibility });
      await publishPost(api.site, { text: "An answer", inReplyTo: post.uri });
      const last = await publishPost(api.site, { text: "Last" });
      await until(() => client.of("update").some((status) => status.id === String(last._id)));
      assert.equal(client.of("update").length, 2);
    });

    it("leave out people who are muted or blocked", async () => {
      const client = await listening("public");
      for (const kind of ["mute", "block"] as const) {
        const person = await storePerson(api.site, kind);
        await insertRow(api.site.models.relations, {
          _id: snowflake(new Date()),
          owner: blog._id,
          target: person._id,
          kind,
          createdAt: new Date(),
        });
        const post = await storePost(api.site, person);
        publishEvent(api.site, { channels: ["public"], event: "update", post: post._id });
      }
      await publishPost(api.site, { text: "Last" });
      const [only] = await client.hears("update");
      assert.equal(only.account.acct, "blog");
    });

    it("say which filters match", async () => {
      await insertRow(api.site.models.filters, {
        _id: snowflake(new Date()),
        owner: blog._id,
        title: "No yeast",
        context: ["public"],
        action: "warn",
        keywords: [{ id: 1, keyword: "yeast", wholeWord: true }],
        statuses: [],
        createdAt: new Date(),
      });
      const client = await listening("public");
      const post = await storePost(api.site, ada, { content: "<p>With yeast.</p>" });
      publishEvent(api.site, { channels: ["public"], event: "update", post: post._id });
      const [status] = await client.hears("update");
      assert.equal(status.filtered[0].filter.title, "No yeast");
      await api.site.models.filters.deleteMany({});
    });
  });

  describe("what one may not see", () => {
    it("is not sent, whatever channel names it", async () => {
      const stranger = await storePerson(api.site, "stranger");
      const client = await listening("user");
      await client.subscribe("public");
      const hidden = await storePost(api.site, stranger, { visibility: "followers" });
      for (const channel of ["public", `user:${blog._id}`])
        publishEvent(api.site, { channels: [channel], event: "update", post: hidden._id });
      await publishPost(api.site, { text: "Last" });
      await client.hears("update", "public");
      await client.hears("update", "user");
      assert.equal(client.of("update").length, 2);
    });

    it("are the streams of other accounts and their lists", async () => {
      const other = await api.fedi.account({ username: "other" });
      const client = await listening("user");
      const listOf = async (owner: number): Promise<number> => {
        const _id = snowflake(new Date());
        await insertRow(api.site.models.lists, {
          _id,
          owner,
          title: "Bakers",
          repliesPolicy: "list" as const,
          exclusive: false,
          createdAt: new Date(),
        });
        return _id;
      };
      const [theirs, mine] = [await listOf(other._id), await listOf(blog._id)];
      await client.subscribe("list", { list: String(theirs) });
      assert.ok(client.frames.some((frame) => frame.error === "Record not found" && frame.status === 404));
      await client.subscribe("list", { list: String(mine) });
      const post = await storePost(api.site, ada);
      for (const list of [theirs, mine])
        publishEvent(api.site, { channels: [`list:${list}`], event: "update", post: post._id });
      await client.hears("update", "list");
      await client.settle();
      const frames = client.frames.filter((frame) => frame.event === "update");
      assert.deepEqual(
        frames.map((frame) => frame.stream),
        [["list", String(mine)]],
      );
    });

    it("is what the token's scopes leave out", async () => {
      const client = await connectTo({}, await api.tokenFor("blog", "read:notifications"));
      await client.subscribe("user");
      await client.subscribe("public");
      assert.ok(client.frames.some((frame) => frame.status === 403));
      const post = await publishPost(api.site, { text: "Not to be read" });
      await notify(api.site, { owner: blog, type: "reblog", from: ada, post });
      await client.hears("notification");
      assert.equal(client.of("update").length, 0);

      const reader = await connectTo({}, await api.tokenFor("blog", "read:statuses"));
      await reader.subscribe("user:notification");
      assert.equal(reader.frames[0]?.status, 403);
      await reader.subscribe("user");
      await notify(api.site, { owner: blog, type: "favourite", from: ada, post });
      await publishPost(api.site, { text: "To be read" });
      await reader.hears("update");
      assert.equal(reader.of("notification").length, 0);
    });
  });

  describe("under attack", () => {
    it("answers nonsense with nothing, and what cannot be with its reason", async () => {
      const client = await connectTo();
      for (const text of [
        "",
        "ping",
        "[]",
        "null",
        "{",
        '{"type":"subscribe"}',
        '{"type":"subscribe","stream":7}',
      ])
        client.send(text);
      client.send({ type: "subscribe", stream: "hashtag" });
      client.send({ type: "subscribe", stream: "list", list: { $gt: "" } });
      client.send({ type: "subscribe", stream: "__proto__" });
      await client.settle();
      assert.deepEqual(
        client.frames.map((frame) => frame.error),
        ["Missing tag name parameter", "Record not found", "Unknown stream type", "Unknown stream type"],
      );
    });

    it("cuts one that sends more than a wish takes", async () => {
      const client = await connectTo();
      client.send("x".repeat(5000));
      assert.equal((await client.isClosed()).code, 1009);
    });

    it("cuts one that asks for streams without end", async () => {
      const client = await connectTo();
      for (let at = 0; at < 200; at += 1)
        client.send({ type: "subscribe", stream: "list", list: String(at) });
      await client.isClosed();
      const patient = await connectTo();
      for (let at = 0; at < 99; at += 1) await patient.subscribe("hashtag", { tag: `tag${at}` });
      for (const stream of ["user", "public"]) patient.send({ type: "subscribe", stream });
      await until(() => patient.frames.some((frame) => frame.status === 429), "the refusal");
    });

    it("cuts one that never reads, and keeps on serving the others", async () => {
      const post = await storePost(api.site, ada, { warning: "crumb ".repeat(40_000) });
      const deaf = await rawSocket(api.origin, `/api/v1/streaming?stream=public&access_token=${token}`);
      let isCut = false;
      deaf.on("close", () => (isCut = true)).on("error", () => undefined);
      await until(() => hubOf(api.site).listeners.has("public"), "the subscription");
      const client = await listening("user:notification");
      const before = process.memoryUsage().arrayBuffers;
      for (let at = 0; at < 300 && connectionsOf(api.site).size > 1; at += 1) {
        publishEvent(api.site, { channels: ["public"], event: "update", post: post._id });
        if (at % 10 === 9) await client.settle();
      }
      await until(() => connectionsOf(api.site).size === 1, "the end of the one that does not read");
      assert.ok(process.memoryUsage().arrayBuffers - before < 64 * 1024 * 1024);
      await notify(api.site, { owner: blog, type: "mention", from: ada, post });
      await client.hears("notification");
      deaf.destroy();
      await until(() => isCut);
    });

    it("cuts one that does not answer pings", async () => {
      const quiet = await connectTo({ autoPong: false });
      const lively = await connectTo();
      let pings = 0;
      lively.socket.on("ping", () => (pings += 1));
      for (let at = 1; at <= 3; at += 1) {
        await connectionsOf(api.site).beat();
        await lively.settle();
      }
      await quiet.isClosed();
      assert.equal(pings, 2);
      assert.equal(lively.closed, undefined);
    });
  });

  describe("ending", () => {
    const rowOf = async (secret: string) => {
      const row = await api.site.models.tokens.findOne({ tokenHash: hashSecret(secret) }).lean();
      assert.ok(row);
      return row;
    };

    it("comes with the revocation of the token, here at once", async () => {
      const secret = await api.tokenFor("blog");
      const client = await connectTo({}, secret);
      const other = await connectTo();
      await revokeToken(api.site, await rowOf(secret));
      assert.deepEqual(await client.isClosed(), { code: 1008, reason: "revoked" });
      await other.settle();
    });

    it("and within a beat where another process revoked it", async () => {
      const secret = await api.tokenFor("blog");
      const client = await connectTo({}, secret);
      await api.site.models.tokens.deleteOne({ _id: (await rowOf(secret))._id });
      await connectionsOf(api.site).beat();
      assert.deepEqual(await client.isClosed(), { code: 1008, reason: "revoked" });
    });

    it("comes for all when the site closes, also for those who do not say goodbye", async () => {
      const other = await startApi();
      other.fedi.attach(other.server);
      const secret = await other.tokenFor("blog");
      const client = await StreamClient.open(other.origin, secret, { query: { stream: "user" } });
      const deaf = await rawSocket(other.origin, `/api/v1/streaming?access_token=${secret}`);
      await other.fedi.close();
      assert.deepEqual(await client.isClosed(), { code: 1001, reason: "closing" });
      assert.equal(connectionsOf(other.site).size, 0);
      assert.equal(hubOf(other.site).listeners.size, 0);
      deaf.destroy();
      await other.close();
    });
  });

  it("shows a follow at work: what a followed account of the same site writes", async () => {
    const friend = await api.fedi.account({ username: "friend" });
    await followActor(api.site, blog, friend);
    const client = await listening("user");
    const post = await publishPost(api.site, { text: "From next door", author: "friend" });
    const [status] = await client.hears("update");
    assert.equal(status.id, String(post._id));
    await updatePost(api.site, post.uri, { text: "From next door, corrected" });
    await client.hears("status.update");
  });
});

/** A request written by hand; all that comes back until the end. */
async function rawRequest(origin: string, path: string, headers: string[]): Promise<string> {
  const { hostname, port, host } = new URL(origin);
  const socket = connect(Number(port), hostname);
  socket.write([`GET ${path} HTTP/1.1`, `Host: ${host}`, ...headers, "", ""].join("\r\n"));
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  return text;
}

/** A WebSocket opened by hand, of which nothing is read any more once it is open. */
async function rawSocket(origin: string, path: string): Promise<Socket> {
  const { hostname, port, host } = new URL(origin);
  const socket = connect(Number(port), hostname);
  socket.write(
    [
      `GET ${path} HTTP/1.1`,
      `Host: ${host}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "",
      "",
    ].join("\r\n"),
  );
  await new Promise((resolve) => socket.once("data", resolve));
  socket.pause();
  return socket;
}
