import assert from "node:assert/strict";
import { detector, Mastodon, type Entity } from "megalodon";
import { until } from "../../support/until.ts";
import { allowInBrowser } from "./consent.ts";
import { accepts, picture, setStage, wasAsked, type Stage } from "./stage.ts";

describe("a day's work with megalodon", () => {
  let stage: Stage;
  let client: Mastodon;
  let app: { clientId: string; clientSecret: string; token: string };
  let note: Entity.Status;
  let adaId: string;

  before(async () => {
    stage = await setStage();
  });
  after(() => stage.close());

  const homeHas = async (text: string): Promise<Entity.Status> => {
    let found: Entity.Status | undefined;
    await until(async () => {
      const { data } = await client.getHomeTimeline({ limit: 40 });
      found = data.find(({ content }) => content.includes(text));
      return found !== undefined;
    }, `"${text}" at home`);
    return found as Entity.Status;
  };

  it("knows by nodeinfo what it talks to", async () => {
    assert.equal(await detector(stage.here.origin), "mastodon");
  });

  it("registers an app and has the code pasted from the consent page", async () => {
    const { origin } = stage.here;
    const stranger = new Mastodon(origin);
    const made = await stranger.registerApp("Whale", { scopes: ["read", "write", "follow"] });
    assert.ok(made.url);
    const allowed = await allowInBrowser(stage.here, made.url);
    const code = new URL(allowed.location, origin).searchParams.get("code") ?? "";
    const token = await stranger.fetchAccessToken(made.client_id, made.client_secret, code);
    app = { clientId: made.client_id, clientSecret: made.client_secret, token: token.access_token };
    client = new Mastodon(origin, app.token);
    const { data } = await client.verifyAccountCredentials();
    assert.equal(data.acct, "blog");
    assert.equal((await client.getInstance()).data.uri, new URL(origin).host);
    assert.deepEqual((await client.getHomeTimeline()).data, []);
    assert.deepEqual((await client.getInstanceCustomEmojis()).data, []);
    assert.equal((await client.getPreferences()).data["posting:default:visibility"], "public");
  });

  it("posts with a picture and a poll, replies, edits", async () => {
    const file = Object.assign(await picture(), { name: "crust.jpg" });
    const media = (await client.uploadMedia(file, { description: "A crust" })).data;
    note = (
      await client.postStatus("Fresh #bread", { media_ids: [media.id], visibility: "public", language: "en" })
    ).data as Entity.Status;
    assert.equal(note.media_attachments[0]?.description, "A crust");
    const poll = await client.postStatus("Butter?", { poll: { options: ["Yes", "No"], expires_in: 3600 } });
    assert.equal((poll.data as Entity.Status).poll?.options.length, 2);
    const reply = (await client.postStatus("Still hot", { in_reply_to_id: note.id })).data as Entity.Status;
    const context = (await client.getStatusContext(note.id)).data;
    assert.deepEqual(
      context.descendants.map(({ id }) => id),
      [reply.id],
    );
    await client.editStatus(note.id, { status: "Very fresh #bread", media_ids: [media.id] });
    assert.match((await client.getStatus(note.id)).data.content, /Very fresh/);
    assert.equal((await client.getStatusSource(note.id)).data.text, "Very fresh #bread");
  });

  it("follows, reads, favourites, boosts and bookmarks a person of another server", async () => {
    const { ada, remote, here } = stage;
    const found = (await client.search(`@${ada.handle}`, { type: "accounts", resolve: true })).data;
    adaId = found.accounts[0]?.id ?? "";
    assert.equal((await client.followAccount(adaId)).data.requested, true);
    await until(() => wasAsked(stage), "the Follow at Ada's inbox");
    await accepts(stage);
    await until(async () => (await client.getRelationship(adaId)).data.following, "the follow");
    await remote.send(ada, here.site.urls.sharedInbox, ada.activity("Create", ada.note("Rye with caraway")));
    const { id } = await homeHas("Rye with caraway");
    assert.equal((await client.favouriteStatus(id)).data.favourited, true);
    assert.equal((await client.reblogStatus(id)).data.reblog?.id, id);
    assert.equal((await client.bookmarkStatus(id)).data.bookmarked, true);
    assert.equal((await client.getFavourites()).data[0]?.id, id);
    assert.equal((await client.getBookmarks()).data[0]?.id, id);
    assert.equal((await client.unreblogStatus(id)).data.reblogged, false);
    assert.equal((await client.unfavouriteStatus(id)).data.favourited, false);
  });

  it("follows a second site and a Fedify server, and hears from both", async () => {
    const { alice, beaHandle, there } = stage;
    const bea = new Mastodon(there.origin, await there.tokenFor("bea"));
    for (const handle of [beaHandle, alice.handle]) {
      const { id } =
        (await client.search(handle, { type: "accounts", resolve: true })).data.accounts[0] ?? {};
      assert.ok(id, handle);
      await client.followAccount(id);
      await until(async () => (await client.getRelationship(id)).data.following, `the follow of ${handle}`);
    }
    await alice.ask("write", { html: "<p>Written with Fedify</p>" });
    await client.favouriteStatus((await homeHas("Written with Fedify")).id);
    await alice.hears("Like");
    await bea.postStatus("From next door", {});
    const hers = await homeHas("From next door");
    await client.postStatus(`@${beaHandle} good morning`, { in_reply_to_id: hers.id });
    await until(
      async () => (await bea.getNotifications({ limit: 5 })).data.some(({ type }) => type === "mention"),
      "the mention at Bea's",
    );
    const mine = (await bea.search(note.url ?? "", { type: "statuses", resolve: true })).data.statuses[0];
    assert.equal(mine?.media_attachments[0]?.description, "A crust");
    await bea.favouriteStatus(mine?.id ?? "");
    await until(
      async () => (await client.getNotifications({ limit: 5 })).data.some(({ type }) => type === "favourite"),
      "her favourite",
    );
    const found = (await client.search("bread", { type: "hashtags" })).data;
    assert.equal(found.hashtags[0]?.name, "bread");
    assert.ok((await client.getTagTimeline("bread")).data.some(({ id }) => id === note.id));
  });

  it("keeps lists, filters and its place", async () => {
    const list = (await client.createList("Bakers")).data;
    await client.addAccountsToList(list.id, [adaId]);
    assert.equal((await client.getAccountsInList(list.id)).data[0]?.id, adaId);
    assert.equal((await client.getLists()).data.length, 1);
    const { ada, remote, here } = stage;
    await remote.send(ada, here.site.urls.sharedInbox, ada.activity("Create", ada.note("Sweeping crumbs")));
    await until(
      async () => (await client.getListTimeline(list.id)).data.some((one) => /crumbs/.test(one.content)),
      "her post on the list",
    );
    await client.deleteAccountsFromList(list.id, [adaId]);
    await client.deleteList(list.id);
    const filter = (await client.createFilter("crumbs", ["home"], { whole_word: true })).data;
    assert.equal((await client.getFilters()).data[0]?.phrase, "crumbs");
    await client.deleteFilter(filter.id);
    assert.deepEqual((await client.getFilters()).data, []);
    await client.saveMarkers({ home: { last_read_id: note.id } });
    const markers = (await client.getMarkers(["home"])).data as Partial<Entity.Marker>;
    assert.equal(markers.home?.last_read_id, note.id);
  });

  it("is told of a mention, over the stream and in the list", async () => {
    const { ada, remote, here } = stage;
    const stream = await client.userStreaming();
    const heard: string[] = [];
    const errors: unknown[] = [];
    stream.on("notification", (notification: Entity.Notification) => heard.push(notification.type));
    stream.on("error", (error: unknown) => errors.push(error));
    await new Promise((resolve) => stream.once("connect", resolve));
    const blog = await here.account();
    const mention = ada.note(`<a href="${blog.uri}">@blog</a> how long does it keep?`, {
      cc: [blog.uri],
      tag: [{ type: "Mention", href: blog.uri, name: `@blog@${new URL(here.origin).host}` }],
    });
    await remote.send(ada, here.site.urls.sharedInbox, ada.activity("Create", mention));
    await until(() => heard.includes("mention"), "the mention on the stream");
    stream.stop();
    assert.deepEqual(errors, []);
    const { data } = await client.getNotifications({ limit: 10 });
    assert.equal(data[0]?.type, "mention");
    await client.dismissNotifications();
    assert.deepEqual((await client.getNotifications()).data, []);
  });

  it("deletes, unfollows and logs out", async () => {
    await client.deleteStatus(note.id);
    await assert.rejects(client.getStatus(note.id), /404/);
    assert.equal((await client.unfollowAccount(adaId)).data.following, false);
    await client.revokeToken(app.clientId, app.clientSecret, app.token);
    await assert.rejects(client.verifyAccountCredentials(), /401/);
  });
});
