import assert from "node:assert/strict";
import { createOAuthAPIClient, createRestAPIClient, createStreamingAPIClient, type mastodon } from "masto";
import { WebSocket } from "ws";
import { until } from "../../support/until.ts";
import { codeFor } from "./consent.ts";
import { accepts, picture, setStage, wasAsked, type Stage } from "./stage.ts";

const REDIRECT = "https://reader.example/back";
const SCOPE = "read write follow push";

/** What each step of the day needs from the steps before it. */
interface Day {
  app: mastodon.v1.Client;
  token: string;
  masto: mastodon.rest.Client;
  /** Bea's app, on the second site. */
  bea: mastodon.rest.Client;
  note: mastodon.v1.Status;
  adaId: string;
  beaId: string;
}

describe("a day's work with masto.js", () => {
  let stage: Stage;
  const day = {} as Day;

  before(async () => {
    stage = await setStage();
  });
  after(() => stage.close());

  const homeHas = async (text: string): Promise<mastodon.v1.Status> => {
    let found: mastodon.v1.Status | undefined;
    await until(async () => {
      const statuses = await day.masto.v1.timelines.home.list({ limit: 40 });
      found = statuses.find(({ content }) => content.includes(text));
      return found !== undefined;
    }, `"${text}" at home`);
    return found as mastodon.v1.Status;
  };

  it("registers an app and logs in through the consent page", async () => {
    const { origin } = stage.here;
    const stranger = createRestAPIClient({ url: origin });
    const instance = await stranger.v2.instance.fetch();
    assert.match(instance.version, /^4\.\d/);
    assert.equal(instance.domain, new URL(origin).host);
    day.app = await stranger.v1.apps.create({ clientName: "Reader", redirectUris: REDIRECT, scopes: SCOPE });
    const { clientId, clientSecret } = day.app;
    assert.ok(clientId && clientSecret);
    const code = await codeFor(stage.here, { client_id: clientId, redirect_uri: REDIRECT, scope: SCOPE });
    const token = await createOAuthAPIClient({ url: origin }).token.create({
      grantType: "authorization_code",
      clientId,
      clientSecret,
      redirectUri: REDIRECT,
      code,
    });
    day.token = token.accessToken;
    day.masto = createRestAPIClient({ url: origin, accessToken: token.accessToken });
    day.bea = createRestAPIClient({
      url: stage.there.origin,
      accessToken: await stage.there.tokenFor("bea"),
    });
    const me = await day.masto.v1.accounts.verifyCredentials();
    assert.equal(me.acct, "blog");
    assert.equal(me.source.note.includes("Bread"), true);
    assert.equal((await day.masto.v1.apps.verifyCredentials()).name, "Reader");
    assert.deepEqual(await day.masto.v1.timelines.home.list(), []);
  });

  it("posts with a picture", async () => {
    const file = new Blob([await picture()], { type: "image/jpeg" });
    const media = await day.masto.v2.media.create({ file, description: "A crust", focus: "0.2,-0.3" });
    assert.equal(media.type, "image");
    assert.ok(media.url && media.blurhash);
    day.note = await day.masto.v1.statuses.create({
      status: "Out of the oven #bread",
      mediaIds: [media.id],
      visibility: "public",
      language: "en",
    });
    assert.equal(day.note.mediaAttachments[0]?.description, "A crust");
    assert.equal(day.note.tags[0]?.name, "bread");
    const picturesAnswer = await fetch(media.url);
    assert.equal(picturesAnswer.status, 200);
    assert.match(picturesAnswer.headers.get("content-type") ?? "", /^image\//);
    assert.equal((await homeHas("Out of the oven")).id, day.note.id);
  });

  it("replies, and sees the thread", async () => {
    const reply = await day.masto.v1.statuses.create({ status: "Still hot", inReplyToId: day.note.id });
    assert.equal(reply.inReplyToId, day.note.id);
    const below = await day.masto.v1.statuses.$select(day.note.id).context.fetch();
    assert.deepEqual(
      below.descendants.map(({ id }) => id),
      [reply.id],
    );
    const above = await day.masto.v1.statuses.$select(reply.id).context.fetch();
    assert.deepEqual(
      above.ancestors.map(({ id }) => id),
      [day.note.id],
    );
  });

  it("follows a person of another server, who says yes", async () => {
    const { ada } = stage;
    const found = await day.masto.v2.search.list({ q: `@${ada.handle}`, resolve: true, type: "accounts" });
    const [account] = found.accounts;
    assert.equal(account?.acct, ada.handle);
    day.adaId = account?.id ?? "";
    const asked = await day.masto.v1.accounts.$select(day.adaId).follow();
    assert.deepEqual([asked.following, asked.requested], [false, true]);
    await until(() => wasAsked(stage), "the Follow at Ada's inbox");
    await accepts(stage);
    await until(async () => {
      const [relationship] = await day.masto.v1.accounts.relationships.fetch({ id: [day.adaId] });
      return relationship?.following === true;
    }, "the follow");
  });

  it("sees at home what she writes, and favourites, boosts and bookmarks it", async () => {
    const { ada, remote, here } = stage;
    const note = ada.note("Rye with caraway");
    await remote.send(ada, here.site.urls.sharedInbox, ada.activity("Create", note));
    const { id } = await homeHas("Rye with caraway");
    const status = day.masto.v1.statuses.$select(id);
    assert.equal((await status.favourite()).favourited, true);
    const boost = await status.reblog();
    assert.equal(boost.reblog?.id, id);
    assert.notEqual(boost.id, id);
    assert.equal((await status.bookmark()).bookmarked, true);
    const now = await status.fetch();
    assert.deepEqual([now.favourited, now.reblogged, now.bookmarked], [true, true, true]);
    assert.deepEqual([(await day.masto.v1.favourites.list())[0]?.id], [id]);
    assert.deepEqual([(await day.masto.v1.bookmarks.list())[0]?.id], [id]);
    const heard = (type: string): boolean =>
      [...ada.received, ...remote.sharedReceived].some(({ json }) => json?.["type"] === type);
    await until(() => heard("Like") && heard("Announce"), "Like and Announce at Ada's");
    assert.equal((await status.unfavourite()).favourited, false);
    assert.equal((await status.unreblog()).reblogged, false);
    assert.equal((await status.unbookmark()).bookmarked, false);
  });

  it("follows an account of a second site, and they talk", async () => {
    const handle = `bea@${new URL(stage.there.origin).host}`;
    const { accounts } = await day.masto.v2.search.list({ q: handle, resolve: true });
    assert.equal(accounts[0]?.acct, handle);
    day.beaId = accounts[0]?.id ?? "";
    await day.masto.v1.accounts.$select(day.beaId).follow();
    await until(async () => {
      const [relationship] = await day.masto.v1.accounts.relationships.fetch({ id: [day.beaId] });
      return relationship?.following === true;
    }, "the follow of Bea");
    await day.bea.v1.statuses.create({ status: "Good morning from next door" });
    const hers = await homeHas("Good morning from next door");
    const mine = `blog@${new URL(stage.here.origin).host}`;
    const reply = await day.masto.v1.statuses.create({
      status: `@${handle} good morning, neighbour`,
      inReplyToId: hers.id,
    });
    assert.equal(reply.mentions[0]?.acct, handle);
    let mention: mastodon.v1.Notification | undefined;
    await until(async () => {
      [mention] = await day.bea.v1.notifications.list({ types: ["mention"] });
      return mention !== undefined;
    }, "the mention at Bea's");
    assert.equal(mention?.account.acct, mine);
    await day.bea.v1.accounts.$select(mention?.account.id ?? "").follow();
    const { statuses } = await day.bea.v2.search.list({
      q: day.note.url ?? "",
      resolve: true,
      type: "statuses",
    });
    assert.equal(statuses[0]?.mediaAttachments[0]?.description, "A crust");
    await day.bea.v1.statuses.$select(statuses[0]?.id ?? "").favourite();
    await day.bea.v1.statuses.$select(statuses[0]?.id ?? "").reblog();
  });

  it("follows a person of a Fedify server, who writes, and hears of the app's favourite and boost", async () => {
    const { alice } = stage;
    const { accounts } = await day.masto.v2.search.list({ q: alice.handle, resolve: true });
    assert.equal(accounts[0]?.acct, alice.handle);
    assert.equal(accounts[0]?.displayName, "Alice of Elsewhere");
    const chosen = day.masto.v1.accounts.$select(accounts[0]?.id ?? "");
    await chosen.follow();
    await until(async () => {
      const [relationship] = await day.masto.v1.accounts.relationships.fetch({ id: [accounts[0]?.id ?? ""] });
      return relationship?.following === true;
    }, "the follow of Alice");
    await alice.ask("write", { html: "<p>Written with <em>Fedify</em></p>" });
    const { id } = await homeHas("Written with");
    const status = day.masto.v1.statuses.$select(id);
    await status.favourite();
    await status.reblog();
    await day.masto.v1.statuses.create({ status: `@${alice.handle} well put`, inReplyToId: id });
    for (const type of ["Like", "Announce", "Create"]) await alice.hears(type);
    await status.unfavourite();
    await chosen.unfollow();
    await alice.hears("Undo");
  });

  it("hears of it in both kinds of notifications, and keeps its place", async () => {
    const wanted = ["favourite", "follow", "reblog"];
    let list: mastodon.v1.Notification[] = [];
    await until(async () => {
      list = await day.masto.v1.notifications.list();
      return wanted.every((type) => list.some((one) => one.type === type));
    }, "favourite, follow and reblog");
    const favourite = list.find(({ type }) => type === "favourite");
    assert.equal(favourite?.status?.id, day.note.id);
    const grouped = await day.masto.v2.notifications.list();
    assert.deepEqual(grouped.notificationGroups.map(({ type }) => type).sort(), wanted);
    assert.ok(grouped.accounts.some(({ id }) => id === day.beaId));
    assert.ok((await day.masto.v2.notifications.unreadCount.fetch()).count >= 3);
    const last = list[0]?.id ?? "";
    await day.masto.v1.markers.create({
      notifications: { lastReadId: last },
      home: { lastReadId: day.note.id },
    });
    const markers = await day.masto.v1.markers.fetch({ timeline: ["home", "notifications"] });
    assert.equal(markers.notifications.lastReadId, last);
    assert.equal(markers.home.lastReadId, day.note.id);
    assert.equal((await day.masto.v2.notifications.unreadCount.fetch()).count, 0);
    await day.masto.v1.notifications.$select(last).dismiss();
    assert.ok((await day.masto.v1.notifications.list()).every(({ id }) => id !== last));
  });

  it("edits, and both servers have the new text", async () => {
    const { id } = day.note;
    const status = day.masto.v1.statuses.$select(id);
    assert.equal((await status.source.fetch()).text, "Out of the oven #bread");
    const edited = await status.update({
      status: "Out of the oven, at last #bread",
      mediaIds: day.note.mediaAttachments.map((media) => media.id),
    });
    assert.ok(edited.editedAt);
    assert.equal(edited.mediaAttachments.length, 1);
    assert.equal((await status.history.list()).length, 2);
    await until(async () => {
      const { statuses } = await day.bea.v2.search.list({ q: day.note.url ?? "", type: "statuses" });
      return statuses[0]?.content.includes("at last") === true;
    }, "the edit at Bea's");
  });

  it("searches", async () => {
    const { hashtags, statuses } = await day.masto.v2.search.list({ q: "bread" });
    assert.ok(hashtags.some(({ name }) => name === "bread"));
    assert.ok(Array.isArray(statuses));
    const posts = await day.masto.v1.timelines.tag.$select("bread").list();
    assert.ok(posts.some(({ id }) => id === day.note.id));
    const account = await day.masto.v1.accounts.lookup({ acct: stage.ada.handle });
    assert.equal(account.id, day.adaId);
  });

  it("makes a list and reads it", async () => {
    const list = await day.masto.v1.lists.create({ title: "Neighbours" });
    const chosen = day.masto.v1.lists.$select(list.id);
    await chosen.accounts.create({ accountIds: [day.beaId] });
    assert.deepEqual(
      (await chosen.accounts.list()).map(({ id }) => id),
      [day.beaId],
    );
    await day.bea.v1.statuses.create({ status: "Second breakfast" });
    await until(async () => {
      const posts = await day.masto.v1.timelines.list.$select(list.id).list();
      return posts.some(({ content }) => content.includes("Second breakfast"));
    }, "Bea's post on the list");
    assert.equal((await chosen.update({ title: "Next door" })).title, "Next door");
    await chosen.accounts.remove({ accountIds: [day.beaId] });
    await chosen.remove();
    assert.deepEqual(await day.masto.v1.lists.list(), []);
  });

  it("filters", async () => {
    const filter = await day.masto.v2.filters.create({
      title: "No breakfast",
      context: ["home"],
      filterAction: "warn",
      keywordsAttributes: [{ keyword: "breakfast", wholeWord: true }],
    });
    const [result] = (await homeHas("Second breakfast")).filtered ?? [];
    assert.equal(result?.filter.title, "No breakfast");
    assert.deepEqual(result?.keywordMatches, ["breakfast"]);
    assert.equal((await day.masto.v2.filters.list()).length, 1);
    await day.masto.v2.filters.$select(filter.id).remove();
    assert.deepEqual((await homeHas("Second breakfast")).filtered, []);
  });

  it("hears over a WebSocket what happens while it happens", async () => {
    const instance = await day.masto.v2.instance.fetch();
    const streams = createStreamingAPIClient({
      streamingApiUrl: `${instance.configuration.urls.streaming}/api/v1/streaming`,
      accessToken: day.token,
      implementation: WebSocket,
    });
    const heard: string[] = [];
    const user = streams.user.subscribe();
    const listening = (async () => {
      for await (const event of user) {
        if (event.event === "update") heard.push(event.payload.content);
        if (event.event === "notification") heard.push(event.payload.type);
        if (event.event === "delete") heard.push(`delete ${event.payload}`);
      }
    })();
    const { handle } = { handle: `blog@${new URL(stage.here.origin).host}` };
    // The library does not tell when it listens: it does once something that we post is heard.
    let ping = 0;
    await until(
      async () => {
        const { id } = await day.masto.v1.statuses.create({ status: `Ping ${(ping += 1)}` });
        await day.masto.v1.statuses.$select(id).remove();
        return heard.some((text) => text.includes("Ping"));
      },
      "something on the stream",
      5_000,
    );
    await day.bea.v1.statuses.create({ status: `@${handle} can you hear me?` });
    await until(() => heard.includes("mention"), "the mention on the stream");
    await until(() => heard.some((text) => text.includes("can you hear me?")), "her post on the stream");
    assert.ok(heard.some((text) => /^delete \d+$/.test(text)));
    user.unsubscribe();
    streams.close();
    await listening;
  });

  it("walks pages until they end", async () => {
    const me = await day.masto.v1.accounts.verifyCredentials();
    for (let n = 0; n < 5; n += 1) await day.masto.v1.statuses.create({ status: `Loaf ${n}` });
    const seen: string[] = [];
    for await (const page of day.masto.v1.accounts.$select(me.id).statuses.list({ limit: 2 })) {
      seen.push(...page.map(({ id }) => id));
      assert.ok(seen.length < 50, "the pages do not end");
    }
    assert.equal(new Set(seen).size, seen.length);
    assert.equal(seen.at(-1), day.note.id);
  });

  it("deletes, everywhere, gets the text back, and logs out", async () => {
    const gone = await day.masto.v1.statuses.$select(day.note.id).remove();
    assert.equal(gone.text, "Out of the oven, at last #bread");
    await assert.rejects(day.masto.v1.statuses.$select(day.note.id).fetch(), { statusCode: 404 });
    await until(async () => {
      const { statuses } = await day.bea.v2.search.list({ q: day.note.url ?? "", type: "statuses" });
      return statuses.length === 0;
    }, "the end of the post at Bea's");
    await day.masto.v1.accounts.$select(day.adaId).unfollow();
    const { clientId, clientSecret } = day.app;
    assert.ok(clientId && clientSecret);
    await createOAuthAPIClient({ url: stage.here.origin }).revoke({
      clientId,
      clientSecret,
      token: day.token,
    });
    await assert.rejects(day.masto.v1.accounts.verifyCredentials(), { statusCode: 401 });
  });
});
