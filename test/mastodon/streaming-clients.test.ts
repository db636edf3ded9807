import assert from "node:assert/strict";
import { Mastodon, type WebSocketInterface } from "megalodon";
import { createStreamingAPIClient, type mastodon } from "masto";
import { WebSocket } from "ws";
import { notify } from "../../src/domain/notifications.ts";
import { publishPost, removePost } from "../../src/domain/posts.ts";
import { hubOf } from "../../src/domain/stream.ts";
import { storePerson } from "../support/people.ts";
import { until } from "../support/until.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";

describe("clients that were not written for us hear the streams", () => {
  let api: StartedApi;
  before(async () => {
    api = await startApi();
    api.fedi.attach(api.server);
  });
  after(() => api.close());

  const isHeard = (channel: string): Promise<void> =>
    until(() => hubOf(api.site).listeners.has(channel), `somebody at ${channel}`);

  it("masto.js, with the token as the protocol and several streams on one socket", async () => {
    const masto = createStreamingAPIClient({
      streamingApiUrl: String(api.site.faces.streamingUrl),
      accessToken: await api.tokenFor("blog"),
      implementation: WebSocket,
    });
    const blog = await api.account();
    const events: mastodon.streaming.Event[] = [];
    const collect = async (subscription: mastodon.streaming.Subscription): Promise<void> => {
      for await (const event of subscription) events.push(event);
    };
    const user = masto.user.subscribe();
    const tag = masto.hashtag.subscribe({ tag: "Rye" });
    const ended = [collect(user), collect(tag)];
    await isHeard(`user:${blog._id}`);
    await isHeard("hashtag:rye");
    const post = await publishPost(api.site, { text: "A loaf #rye" });
    await notify(api.site, {
      owner: blog,
      type: "favourite",
      from: await storePerson(api.site, "ada"),
      post,
    });
    const told = (name: string) => events.filter((event) => event.event === name);
    // What is gone before it is told is not told.
    await until(() => told("update").length === 2, "the post on both streams");
    await removePost(api.site, post.uri);
    await until(() => events.length >= 5, "five events");
    assert.deepEqual(
      told("update").map((event) => (event.payload as mastodon.v1.Status).id),
      [String(post._id), String(post._id)],
    );
    assert.equal(
      (told("notification")[0]?.payload as mastodon.v1.Notification).account.acct,
      "ada@remote.example",
    );
    assert.deepEqual(
      told("delete").map((event) => event.payload),
      [String(post._id), String(post._id)],
    );
    masto.close();
    user.unsubscribe();
    tag.unsubscribe();
    await Promise.all(ended);
  });

  it("megalodon, with the token in the address", async () => {
    const client = new Mastodon(api.origin, await api.tokenFor("blog"));
    const stream: WebSocketInterface = await client.localStreaming();
    const ids: string[] = [];
    stream.on("update", (status: { id: string }) => void ids.push(status.id));
    await isHeard("public:local");
    const post = await publishPost(api.site, { text: "For everybody here" });
    await until(() => ids.length > 0, "the update");
    assert.deepEqual(ids, [String(post._id)]);
    stream.stop();
  });
});
