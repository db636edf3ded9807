import assert from "node:assert/strict";
import type { ActorRow, NotificationRow, PostRow } from "../../src/database/rows.ts";
import { native } from "../../src/database/native.ts";
import { receiveDelete } from "../../src/domain/deletions.ts";
import { publishPost, removePost } from "../../src/domain/posts.ts";
import { notify, type NotificationType } from "../../src/domain/notifications.ts";
import { snowflake } from "../../src/support/ids.ts";
import { storePerson } from "../support/people.ts";
import { countCommands } from "./support/count-commands.ts";
import { storePost } from "./support/stored.ts";
import type { ApiClient } from "./support/api-client.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";

describe("notifications", () => {
  let api: StartedApi;
  let blog: ActorRow;
  let ada: ActorRow;
  let ben: ActorRow;
  let post: PostRow;
  let client: ApiClient;

  before(async () => {
    api = await startApi({ api: { requestsPer5Minutes: 100_000 } });
    blog = await api.account();
    ada = await storePerson(api.site, "ada");
    ben = await storePerson(api.site, "ben");
    client = await api.client();
    post = await publishPost(api.site, { text: "Rye, at last." });
  });
  after(() => api.close());
  afterEach(async () => {
    await api.site.models.notifications.deleteMany({});
    await api.site.models.markers.deleteMany({});
  });

  const tell = async (
    type: NotificationType,
    from = ada,
    about: PostRow | null = post,
  ): Promise<NotificationRow> => {
    const row = await notify(api.site, {
      owner: blog,
      type,
      from,
      ...(about === null ? {} : { post: about }),
    });
    assert.ok(row);
    return row;
  };

  /** `count` people like the post, written straight into the store; the newest is the last. */
  const likes = async (count: number, group = "favourite-1-1"): Promise<NotificationRow[]> => {
    const start = Date.parse("2026-02-01T00:00:00Z");
    const rows = Array.from({ length: count }, (_, at): NotificationRow => {
      const createdAt = new Date(start + at * 1000);
      const _id = snowflake(createdAt);
      return {
        _id,
        owner: blog._id,
        type: "favourite",
        from: at % 2 === 0 ? ada._id : ben._id,
        post: post._id,
        group,
        key: `test|${_id}`,
        createdAt,
      };
    });
    await native(api.site.models.notifications).insertMany(rows);
    return rows;
  };

  it("go with the post that they are about: none is counted as unread that nobody can see", async () => {
    const unread = async (): Promise<number[]> =>
      Promise.all(
        ["v1", "v2"].map(
          async (version) =>
            (await client.get(`/api/${version}/notifications/unread_count`)).body.count as number,
        ),
      );
    const theirs = await storePost(api.site, ada);
    const ours = await publishPost(api.site, { text: "Not what I meant." });
    await tell("mention", ada, theirs);
    await tell("favourite", ben, ours);
    assert.deepEqual(await unread(), [2, 2]);
    await receiveDelete(api.site, ada.uri, theirs.uri);
    assert.deepEqual(await unread(), [1, 1]);
    await removePost(api.site, ours.uri);
    assert.deepEqual(await unread(), [0, 0]);
  });

  describe("version 1", () => {
    it("lists them newest first with account and status", async () => {
      await tell("favourite");
      await tell("follow", ben, null);
      const { body } = await client.get("/api/v1/notifications");
      assert.deepEqual(
        body.map((one: { type: string }) => one.type),
        ["follow", "favourite"],
      );
      assert.equal(body[0].account.acct, "ben@remote.example");
      assert.equal(body[1].status.id, String(post._id));
      assert.equal(body[0].status, undefined);
      assert.match(body[1].group_key, /^favourite-/);
    });

    it("never rings twice for the same thing", async () => {
      await tell("favourite");
      assert.equal(await notify(api.site, { owner: blog, type: "favourite", from: ada, post }), undefined);
      const { body } = await client.get("/api/v1/notifications");
      assert.equal(body.length, 1);
    });

    it("takes types and leaves out excluded ones; types nobody knows are no mistake", async () => {
      await tell("favourite");
      await tell("reblog");
      await tell("follow", ben, null);
      const types = async (parameters: object): Promise<string[]> =>
        (await client.get("/api/v1/notifications", parameters)).body.map((one: { type: string }) => one.type);
      assert.deepEqual(await types({ types: ["reblog", "pleroma:emoji_reaction"] }), ["reblog"]);
      assert.deepEqual(await types({ types: ["moderation_warning"] }), []);
      assert.deepEqual(await types({ exclude_types: ["follow", "bite"] }), ["reblog", "favourite"]);
      assert.deepEqual(await types({ types: "follow" }), ["follow"]);
      assert.deepEqual(await types({ account_id: String(ben._id) }), ["follow"]);
      assert.deepEqual(await types({ account_id: "nobody" }), []);
      assert.deepEqual(await types({ limit: "99999999999999999999" }), ["follow", "reblog", "favourite"]);
      assert.equal((await types({ limit: "-5" })).length, 1);
    });

    it("pages through a thousand by Link, each once, and ends", async () => {
      const rows = await likes(1000);
      const pages = await client.pages("/api/v1/notifications", { limit: 80 });
      const ids = pages.flatMap((page) => page.body.map((one: { id: string }) => one.id));
      assert.deepEqual(ids, rows.map((row) => String(row._id)).reverse());
      assert.equal(pages.length, 13);
    });

    it("walks upwards by prev until there is none, as Tusky does", async () => {
      const rows = await likes(100);
      const seen: string[] = [];
      let path: string | undefined = `/api/v1/notifications?limit=30&min_id=${rows[9]?._id}`;
      for (let turns = 0; path !== undefined && turns < 20; turns += 1) {
        const { body, link } = await client.get(path);
        seen.unshift(...body.map((one: { id: string }) => one.id));
        path = link.prev;
        assert.ok(body.length > 0 || path === undefined, "an empty page has no links");
      }
      assert.deepEqual(
        seen,
        rows
          .slice(10)
          .map((row) => String(row._id))
          .reverse(),
      );
    });

    it("asks the store as often for eighty as for two", async () => {
      await likes(80);
      await client.get("/api/v1/notifications", { limit: 2 });
      const few = await countCommands(api.site, () => client.get("/api/v1/notifications", { limit: 2 }));
      const many = await countCommands(api.site, () => client.get("/api/v1/notifications", { limit: 80 }));
      assert.equal(many, few);
    });

    it("shows one, throws one away under both names, and clears all", async () => {
      const [one, two, three] = [await tell("favourite"), await tell("reblog"), await tell("update")];
      const shown = await client.get(`/api/v1/notifications/${one._id}`);
      assert.equal(shown.body.type, "favourite");
      assert.deepEqual((await client.post(`/api/v1/notifications/${one._id}/dismiss`)).body, {});
      assert.deepEqual((await client.delete(`/api/v1/notifications/${two._id}`)).body, {});
      for (const gone of [one, two])
        await client.get(`/api/v1/notifications/${gone._id}`, {}, { expect: 404 });
      const left = await client.get("/api/v1/notifications");
      assert.deepEqual(
        left.body.map((each: { id: string }) => each.id),
        [String(three._id)],
      );
      await client.post("/api/v1/notifications/clear");
      assert.deepEqual((await client.get("/api/v1/notifications")).body, []);
    });

    it("shows nobody those of another account", async () => {
      const other = await api.fedi.account({ username: "other" });
      const row = await notify(api.site, { owner: other, type: "follow", from: ada });
      assert.ok(row);
      for (const method of ["get", "delete"] as const)
        await client[method](`/api/v1/notifications/${row._id}`, {}, { expect: 404 });
      await client.post(`/api/v1/notifications/${row._id}/dismiss`, {}, { expect: 404 });
      assert.ok(await api.site.models.notifications.exists({ _id: row._id }));
    });

    it("counts what lies above the marker, to the limit", async () => {
      const rows = await likes(30);
      const count = async (parameters: object = {}): Promise<number> =>
        (await client.get("/api/v1/notifications/unread_count", parameters)).body.count;
      assert.equal(await count(), 30);
      assert.equal(await count({ limit: 7 }), 7);
      await client.post("/api/v1/markers", { notifications: { last_read_id: String(rows[24]?._id) } });
      assert.equal(await count(), 5);
      assert.equal(await count({ types: ["follow"] }), 0);
    });

    it("needs the scope, and a person", async () => {
      const writer = await api.client("blog", "write:notifications");
      await writer.get("/api/v1/notifications", {}, { expect: 403 });
      const reader = await api.client("blog", "read:notifications");
      await reader.post("/api/v1/notifications/clear", {}, { expect: 403 });
      await api.stranger().get("/api/v1/notifications", {}, { expect: 401 });
    });
  });

  describe("version 2, grouped", () => {
    it("puts those about one post into one group", async () => {
      await tell("favourite", ada);
      const newest = await tell("favourite", ben);
      await tell("mention", ada);
      const { body } = await client.get("/api/v2/notifications");
      assert.equal(body.notification_groups.length, 2);
      const [mention, favourites] = body.notification_groups;
      assert.match(mention.group_key, /^ungrouped-\d+$/);
      assert.equal(favourites.notifications_count, 2);
      assert.equal(favourites.most_recent_notification_id, newest._id);
      assert.equal(typeof favourites.most_recent_notification_id, "number");
      assert.deepEqual(favourites.sample_account_ids, [String(ben._id), String(ada._id)]);
      assert.equal(favourites.status_id, String(post._id));
      assert.equal(body.accounts.length, 2);
      assert.equal(body.statuses.length, 1);
      assert.equal(body.partial_accounts, undefined);
    });

    it("sends faces instead of accounts where they are asked for", async () => {
      await tell("favourite", ada);
      await tell("favourite", ben);
      const { body } = await client.get("/api/v2/notifications", { expand_accounts: "partial_avatars" });
      assert.deepEqual(
        [body.accounts, body.partial_accounts].map((list) => list.map((one: { id: string }) => one.id)),
        [[String(ben._id)], [String(ada._id)]],
      );
    });

    it("groups only the types that are asked for", async () => {
      await tell("favourite", ada);
      await tell("favourite", ben);
      const { body } = await client.get("/api/v2/notifications", { grouped_types: ["follow", "bite"] });
      assert.equal(body.notification_groups.length, 2);
      const [{ group_key }] = body.notification_groups;
      assert.match(group_key, /^ungrouped-/);
      const alone = await client.get(`/api/v2/notifications/${group_key}`);
      assert.equal(alone.body.notification_groups[0].group_key, group_key);
    });

    it("pages without a gap and without a repetition, however large one group is", async () => {
      const old = await likes(900, "favourite-9-1");
      for (const from of [ada, ben])
        for (const type of ["mention", "reblog"] as const) await tell(type, from);
      const pages = await client.pages("/api/v2/notifications", { limit: 2 });
      const ranges = pages.flatMap((page) =>
        page.body.notification_groups.map((group: { page_max_id: string; page_min_id: string }) => [
          Number(group.page_max_id),
          Number(group.page_min_id),
        ]),
      ) as [number, number][];
      assert.equal(ranges.at(-1)?.[1], old[0]?._id, "the walk reaches the oldest");
      const big = ranges.filter(([high]) => high <= (old.at(-1)?._id ?? 0));
      for (const [at, [high, low]] of big.entries()) {
        assert.ok(low <= high);
        if (at > 0) assert.ok(high < (big[at - 1]?.[1] ?? 0), "a page repeats what the one before had");
      }
      const covered = big.reduce(
        (sum, [high, low]) => sum + old.filter((row) => row._id <= high && row._id >= low).length,
        0,
      );
      assert.equal(covered, 900);
    });

    it("walks upwards by prev until there is none", async () => {
      const [first] = await likes(20, "favourite-9-1");
      for (const from of [ada, ben]) await tell("mention", from);
      let path: string | undefined = `/api/v2/notifications?limit=2&min_id=${first?._id}`;
      const keys: string[] = [];
      for (let turns = 0; path !== undefined && turns < 20; turns += 1) {
        const { body, link } = await client.get(path);
        keys.push(...body.notification_groups.map((group: { group_key: string }) => group.group_key));
        path = link.prev;
      }
      assert.equal(new Set(keys).size, 3);
    });

    it("asks the store as often for many groups as for one", async () => {
      await tell("favourite", ada);
      await client.get("/api/v2/notifications");
      const one = await countCommands(api.site, () => client.get("/api/v2/notifications"));
      await likes(60, "favourite-9-1");
      for (const type of ["mention", "reblog", "update", "poll"] as const) await tell(type, ben);
      const many = await countCommands(api.site, () => client.get("/api/v2/notifications"));
      assert.equal(many, one);
    });

    it("shows one group, its people, and throws it away", async () => {
      await tell("favourite", ada);
      await tell("favourite", ben);
      await tell("mention", ada);
      const list = await client.get("/api/v2/notifications", { types: ["favourite"] });
      const key = encodeURIComponent(list.body.notification_groups[0].group_key as string);
      const group = await client.get(`/api/v2/notifications/${key}`);
      assert.equal(group.body.notification_groups.length, 1);
      assert.equal(group.body.notification_groups[0].notifications_count, 2);
      const people = await client.get(`/api/v2/notifications/${key}/accounts`, { limit: 1 });
      assert.equal(people.body[0].id, String(ben._id));
      assert.match(people.link.next ?? "", /max_id=\d+/);
      assert.deepEqual((await client.post(`/api/v2/notifications/${key}/dismiss`)).body, {});
      await client.get(`/api/v2/notifications/${key}`, {}, { expect: 404 });
      const left = await client.get("/api/v2/notifications");
      assert.equal(left.body.notification_groups[0].type, "mention");
      await client.post("/api/v2/notifications/clear");
      assert.deepEqual((await client.get("/api/v2/notifications")).body.notification_groups, []);
    });

    it("takes any text for a key, and shows nobody the groups of another account", async () => {
      const other = await api.client(await api.fedi.account({ username: "other" }));
      const row = await tell("mention");
      for (const key of [
        `ungrouped-${row._id}`,
        "ungrouped-",
        "ungrouped-99999999999999999999",
        "%24where",
        "a%2Fb",
      ]) {
        await other.get(`/api/v2/notifications/${key}`, {}, { expect: 404 });
        assert.deepEqual((await other.get(`/api/v2/notifications/${key}/accounts`)).body, []);
        await other.post(`/api/v2/notifications/${key}/dismiss`);
      }
      assert.ok(await api.site.models.notifications.exists({ _id: row._id }));
    });

    it("counts unread groups", async () => {
      await likes(20, "favourite-9-1");
      await tell("mention");
      const count = async (parameters: object = {}): Promise<number> =>
        (await client.get("/api/v2/notifications/unread_count", parameters)).body.count;
      assert.equal(await count(), 2);
      assert.equal(await count({ limit: 1 }), 1);
      assert.equal(await count({ grouped_types: ["reblog"] }), 21);
    });
  });
});
