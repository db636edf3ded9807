import assert from "node:assert/strict";
import type { ActorRow, NotificationRow, PostRow } from "../../src/database/rows.ts";
import { receiveDelete } from "../../src/domain/deletions.ts";
import { notify, type NotificationType } from "../../src/domain/notifications.ts";
import { publishPost } from "../../src/domain/posts.ts";
import { receivePost } from "../../src/domain/receive.ts";
import { noteBy, storePerson } from "../support/people.ts";
import type { ApiClient } from "./support/api-client.ts";
import { countCommands } from "./support/count-commands.ts";
import { storePost } from "./support/stored.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";

const ACCEPT_ALL = {
  for_not_following: "accept",
  for_not_followers: "accept",
  for_new_accounts: "accept",
  for_private_mentions: "accept",
  for_bots: "accept",
};

describe("the notification policy", () => {
  let api: StartedApi;
  let ada: ActorRow;
  let post: PostRow;
  let client: ApiClient;

  before(async () => {
    api = await startApi({ api: { requestsPer5Minutes: 10_000 } });
    ada = await storePerson(api.site, "ada");
    client = await api.client();
    post = await publishPost(api.site, { text: "Rye" });
  });
  after(() => api.close());
  afterEach(async () => {
    await client.patch("/api/v2/notifications/policy", ACCEPT_ALL);
    await client.post("/api/v1/notifications/clear");
    await api.site.models.relations.deleteMany({});
    await api.site.models.conversations.deleteMany({});
  });

  /** The account as it is now: the policy stands in its row. */
  const tell = async (type: NotificationType, from: ActorRow): Promise<NotificationRow | undefined> =>
    notify(api.site, { owner: await api.account(), type, from, post });
  const filter = (changes: object) => client.patch("/api/v2/notifications/policy", changes);
  const requests = async () => (await client.get("/api/v1/notifications/requests")).body;

  it("accepts everybody at first, with every rule and a summary named", async () => {
    const { body } = await client.get("/api/v2/notifications/policy");
    assert.deepEqual(body, {
      ...ACCEPT_ALL,
      for_limited_accounts: "filter",
      summary: { pending_requests_count: 0, pending_notifications_count: 0 },
    });
  });

  it("is changed by PATCH and by PUT, rule by rule", async () => {
    await client.patch("/api/v2/notifications/policy", { for_bots: "drop" });
    const { body } = await client.put(
      "/api/v2/notifications/policy",
      { for_new_accounts: "filter" },
      { as: "form" },
    );
    assert.equal(body.for_bots, "drop");
    assert.equal(body.for_new_accounts, "filter");
    assert.equal(body.for_not_following, "accept");
    await client.patch("/api/v2/notifications/policy", { for_bots: "perhaps" }, { expect: 422 });
    await client.patch("/api/v2/notifications/policy", { for_bots: null, for_everyone: "drop" });
    assert.equal((await client.get("/api/v2/notifications/policy")).body.for_bots, "drop");
  });

  it("is yes and no in version 1", async () => {
    await client.patch("/api/v2/notifications/policy", { for_bots: "drop" });
    const { body } = await client.put("/api/v1/notifications/policy", {
      filter_not_following: true,
      filter_private_mentions: "0",
    });
    assert.equal(body.filter_not_following, true);
    assert.equal(body.filter_private_mentions, false);
    assert.equal(body.filter_bots, true, "dropped is filtered, and stays dropped");
    assert.deepEqual(body.summary, { pending_requests_count: 0, pending_notifications_count: 0 });
    const { body: now } = await client.get("/api/v2/notifications/policy");
    assert.equal(now.for_not_following, "filter");
    assert.equal(now.for_bots, "drop");
    assert.equal((await client.get("/api/v1/notifications/policy")).body.filter_new_accounts, false);
    await client.patch("/api/v1/notifications/policy", { filter_not_following: false });
    assert.equal((await client.get("/api/v2/notifications/policy")).body.for_not_following, "accept");
  });

  it("holds back what it filters: in no list, counted, one request a sender", async () => {
    await filter({ for_not_following: "filter" });
    await tell("favourite", ada);
    await tell("mention", ada);
    assert.deepEqual((await client.get("/api/v1/notifications")).body, []);
    assert.deepEqual((await client.get("/api/v2/notifications")).body.notification_groups, []);
    assert.equal((await client.get("/api/v1/notifications", { include_filtered: true })).body.length, 2);
    const { summary } = (await client.get("/api/v2/notifications/policy")).body;
    assert.deepEqual(summary, { pending_requests_count: 1, pending_notifications_count: 2 });
    const [request, ...more] = await requests();
    assert.equal(more.length, 0);
    assert.equal(request.notifications_count, "2");
    assert.equal(request.account.acct, "ada@remote.example");
    assert.equal(request.last_status.id, String(post._id));
    assert.deepEqual((await client.get(`/api/v1/notifications/requests/${request.id}`)).body, request);
  });

  it("keeps whom it holds back out of a group that is shown, and in their request when that is thrown away", async () => {
    await tell("favourite", await storePerson(api.site, "bob"));
    await filter({ for_not_following: "filter" });
    await tell("favourite", ada);
    const [group] = (await client.get("/api/v2/notifications")).body.notification_groups;
    const { body } = await client.get(`/api/v2/notifications/${group.group_key}/accounts`);
    assert.deepEqual(
      body.map((account: { username: string }) => account.username),
      ["bob"],
    );
    await client.post(`/api/v2/notifications/${group.group_key}/dismiss`);
    assert.deepEqual((await client.get("/api/v2/notifications")).body.notification_groups, []);
    const [request] = await requests();
    await client.post(`/api/v1/notifications/requests/${request.id}/accept`);
    assert.equal((await client.get("/api/v1/notifications")).body.length, 1);
  });

  it("counts a notification once, however often it comes", async () => {
    await filter({ for_not_following: "filter" });
    for (let times = 0; times < 3; times += 1) await tell("favourite", ada);
    assert.equal((await requests())[0].notifications_count, "1");
  });

  it("drops what it drops", async () => {
    await filter({ for_not_following: "drop" });
    assert.equal(await tell("favourite", ada), undefined);
    assert.deepEqual(await requests(), []);
  });

  it("forgets a request with the last post that was held back", async () => {
    await filter({ for_not_following: "filter" });
    const posts = [await storePost(api.site, ada), await storePost(api.site, ada)];
    for (const about of posts)
      await notify(api.site, { owner: await api.account(), type: "mention", from: ada, post: about });
    const counts = async () =>
      (await requests()).map((one: { notifications_count: string }) => one.notifications_count);
    assert.deepEqual(await counts(), ["2"]);
    await receiveDelete(api.site, ada.uri, String(posts[0]?.uri));
    assert.deepEqual(await counts(), ["1"]);
    await receiveDelete(api.site, ada.uri, String(posts[1]?.uri));
    assert.deepEqual(await counts(), []);
  });

  it("lets a sender through who is accepted, with all that was held back", async () => {
    await filter({ for_not_following: "filter" });
    await tell("favourite", ada);
    const [{ id }] = await requests();
    assert.deepEqual((await client.post(`/api/v1/notifications/requests/${id}/accept`)).body, {});
    assert.deepEqual(await requests(), []);
    assert.equal((await client.get("/api/v1/notifications")).body.length, 1);
    await tell("reblog", ada);
    assert.equal((await client.get("/api/v1/notifications")).body.length, 2);
    assert.deepEqual((await client.get("/api/v1/notifications/requests/merged")).body, { merged: true });
    await client.post(`/api/v1/notifications/requests/${id}/accept`, {}, { expect: 404 });
  });

  it("throws away what is dismissed; the next one asks again", async () => {
    await filter({ for_not_following: "filter" });
    await tell("favourite", ada);
    const [{ id }] = await requests();
    assert.deepEqual((await client.post(`/api/v1/notifications/requests/${id}/dismiss`)).body, {});
    assert.deepEqual((await client.get("/api/v1/notifications", { include_filtered: true })).body, []);
    await tell("reblog", ada);
    const [again] = await requests();
    assert.notEqual(again.id, id);
    assert.equal(again.notifications_count, "1");
  });

  it("answers many at once, also in the address, and leaves those of others alone", async () => {
    await filter({ for_not_following: "filter" });
    const people = await Promise.all(["p1", "p2", "p3", "p4"].map((name) => storePerson(api.site, name)));
    for (const person of people) await tell("favourite", person);
    const ids = (await requests()).map((one: { id: string }) => one.id);
    assert.equal(ids.length, 4);
    const other = await api.client(await api.fedi.account({ username: "other" }));
    await other.post("/api/v1/notifications/requests/dismiss", { id: ids });
    await other.get(`/api/v1/notifications/requests/${ids[0]}`, {}, { expect: 404 });
    assert.equal((await requests()).length, 4);
    await client.post("/api/v1/notifications/requests/accept", { id: ids.slice(0, 2) }, { as: "query" });
    await client.post("/api/v1/notifications/requests/dismiss", { id: [...ids.slice(2), "17", "x"] });
    assert.deepEqual(await requests(), []);
    assert.equal((await client.get("/api/v1/notifications")).body.length, 2);
    await client.post("/api/v1/notifications/requests/accept");
  });

  it("pages its requests, with as many round trips for thirty as for one", async () => {
    await filter({ for_not_following: "filter" });
    for (let at = 0; at < 30; at += 1) await tell("favourite", await storePerson(api.site, `r${at}`));
    const pages = await client.pages("/api/v1/notifications/requests", { limit: 8 });
    const names = pages.flatMap((page) =>
      page.body.map((one: { account: { username: string } }) => one.account.username),
    );
    assert.deepEqual(
      names,
      Array.from({ length: 30 }, (_, at) => `r${29 - at}`),
    );
    const ask = (limit: number) => () => client.get("/api/v1/notifications/requests", { limit });
    assert.equal(await countCommands(api.site, ask(30)), await countCommands(api.site, ask(1)));
  });

  it("keeps direct messages of strangers out of the conversations until they are accepted", async () => {
    await filter({ for_private_mentions: "filter" });
    const blog = await api.account();
    const say = (more: Parameters<typeof noteBy>[1] = {}) =>
      receivePost(
        api.site,
        ada,
        noteBy(ada, {
          visibility: "direct",
          to: [blog.uri],
          mentions: [{ uri: blog.uri }],
          published: new Date(),
          ...more,
        }),
      );
    await say();
    assert.deepEqual((await client.get("/api/v1/conversations")).body, []);
    const [{ id }] = await requests();
    await client.post(`/api/v1/notifications/requests/${id}/accept`);
    assert.equal((await client.get("/api/v1/conversations")).body.length, 1);
    await api.site.models.relations.deleteMany({});
    const own = await publishPost(api.site, { text: "I began" }, { extra: { visibility: "direct" } });
    await say({ inReplyTo: own.uri });
    assert.deepEqual(await requests(), [], "an answer to the owner is no stranger's message");
  });
});
