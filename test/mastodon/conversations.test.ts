import assert from "node:assert/strict";
import type { ActorRow, PostRow } from "../../src/database/rows.ts";
import { insertRow } from "../../src/database/native.ts";
import { receiveDelete } from "../../src/domain/deletions.ts";
import { drainOutgoing } from "../../src/domain/outgoing.ts";
import { publishPost, removePost } from "../../src/domain/posts.ts";
import { receivePost } from "../../src/domain/receive.ts";
import { snowflake } from "../../src/support/ids.ts";
import { noteBy, storePerson } from "../support/people.ts";
import type { ApiClient } from "./support/api-client.ts";
import { countCommands } from "./support/count-commands.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";

describe("conversations", () => {
  let api: StartedApi;
  let blog: ActorRow;
  let ada: ActorRow;
  let ben: ActorRow;
  let client: ApiClient;
  let count = 0;

  before(async () => {
    api = await startApi({ api: { requestsPer5Minutes: 10_000 } });
    blog = await api.account();
    ada = await storePerson(api.site, "ada");
    ben = await storePerson(api.site, "ben");
    client = await api.client();
  });
  after(() => api.close());
  afterEach(async () => {
    await api.site.models.conversations.deleteMany({});
    await api.site.models.notifications.deleteMany({});
  });

  const message = async (
    from: ActorRow,
    more: Parameters<typeof noteBy>[1] = {},
    to: ActorRow[] = [blog],
  ): Promise<PostRow> => {
    const note = noteBy(from, {
      content: `<p>Message ${(count += 1)}</p>`,
      visibility: "direct",
      to: to.map((one) => one.uri),
      mentions: to.map((one) => ({ uri: one.uri, name: `@${one.handle}` })),
      published: new Date(),
      ...more,
    });
    await receivePost(api.site, from, note);
    const row = await api.site.models.posts.findOne({ uri: note.uri }).lean<PostRow | null>();
    assert.ok(row);
    return row;
  };
  const list = async (parameters: object = {}) =>
    (await client.get("/api/v1/conversations", parameters)).body;

  it("begin with a direct message: unread, with the others and the last status", async () => {
    const row = await message(ada, {}, [blog, ben]);
    const [conversation, ...more] = await list();
    assert.equal(more.length, 0);
    assert.equal(conversation.unread, true);
    assert.deepEqual(
      conversation.accounts.map((account: { username: string }) => account.username),
      ["ada", "ben"],
    );
    assert.equal(conversation.last_status.id, String(row._id));
    assert.equal(conversation.last_status.visibility, "direct");
  });

  it("hold a whole thread, and are read, unread and deleted", async () => {
    const first = await message(ada);
    const second = await message(ada, { inReplyTo: first.uri });
    const [conversation, ...more] = await list();
    assert.equal(more.length, 0);
    assert.equal(conversation.last_status.id, String(second._id));
    const read = await client.post(`/api/v1/conversations/${conversation.id}/read`);
    assert.equal(read.body.unread, false);
    assert.equal((await list())[0].unread, false);
    const unread = await client.post(`/api/v1/conversations/${conversation.id}/unread`);
    assert.equal(unread.body.unread, true);
    assert.deepEqual((await client.delete(`/api/v1/conversations/${conversation.id}`)).body, {});
    assert.deepEqual(await list(), []);
    await message(ada, { inReplyTo: second.uri });
    assert.equal((await list()).length, 1, "the next message brings it back");
  });

  it("come twice as one: a message delivered again changes nothing", async () => {
    const note = noteBy(ada, {
      visibility: "direct",
      to: [blog.uri],
      mentions: [{ uri: blog.uri }],
      published: new Date(),
    });
    await receivePost(api.site, ada, note);
    const [{ id }] = await list();
    await client.post(`/api/v1/conversations/${id}/read`);
    await receivePost(api.site, ada, note);
    assert.equal((await list())[0].unread, false);
  });

  it("are there at once for what the owner writes, and know the person after the job", async () => {
    await publishPost(api.site, { text: "Hello @somebody@new.example" }, { extra: { visibility: "direct" } });
    const [mine] = await list();
    assert.equal(mine.unread, false);
    assert.deepEqual(mine.accounts, []);
    await api.site.models.posts.updateMany(
      { visibility: "direct", local: true },
      { $set: { mentions: [{ handle: ada.handle, uri: ada.uri, url: ada.url }] } },
    );
    await drainOutgoing(api.site);
    const [known] = await list();
    assert.equal(known.id, mine.id);
    assert.deepEqual(
      known.accounts.map((account: { username: string }) => account.username),
      ["ada"],
    );
  });

  it("end with the message before one that is deleted", async () => {
    const first = await message(ada);
    const second = await message(ada, { inReplyTo: first.uri });
    await receiveDelete(api.site, ada.uri, second.uri);
    assert.equal((await list())[0].last_status.id, String(first._id));
    await receiveDelete(api.site, ada.uri, first.uri);
    assert.deepEqual(await list(), []);
    const own = await publishPost(api.site, { text: "To myself" }, { extra: { visibility: "direct" } });
    assert.equal((await list()).length, 1);
    await removePost(api.site, own.uri);
    assert.deepEqual(await list(), []);
  });

  it("page by the last status until there is none", async () => {
    const ids: string[] = [];
    for (let at = 0; at < 25; at += 1)
      ids.unshift(String((await message(ada, { published: new Date(Date.now() - 60_000 + at * 100) }))._id));
    const pages = await client.pages("/api/v1/conversations", { limit: 10 });
    assert.deepEqual(
      pages.flatMap((page) => page.body.map((one: { last_status: { id: string } }) => one.last_status.id)),
      ids,
    );
    assert.equal(pages.length, 3);
    const newer = await client.get("/api/v1/conversations", { min_id: ids[3], limit: 2 });
    assert.deepEqual(
      newer.body.map((one: { last_status: { id: string } }) => one.last_status.id),
      [ids[1], ids[2]],
    );
    const few = await countCommands(api.site, () => list({ limit: 1 }));
    assert.equal(
      await countCommands(api.site, () => list({ limit: 25 })),
      few,
      "as many round trips for 25 as for 1",
    );
  });

  it("have nobody in them who is blocked or muted, and nothing that is not direct", async () => {
    for (const kind of ["block", "mute"] as const) {
      const person = await storePerson(api.site, `c${kind}`);
      await insertRow(api.site.models.relations, {
        _id: snowflake(new Date()),
        owner: blog._id,
        target: person._id,
        kind,
        createdAt: new Date(),
      });
      await message(person);
    }
    await message(ada, { visibility: "public" });
    await message(ada, { visibility: "followers" });
    assert.deepEqual(await list(), []);
  });

  it("of another account are nobody's", async () => {
    const other = await api.client(await api.fedi.account({ username: "other" }));
    await message(ada);
    const [{ id }] = await list();
    assert.deepEqual((await other.get("/api/v1/conversations")).body, []);
    for (const path of [`${id}/read`, `${id}/unread`, "17/read", "x/read"])
      await other.post(`/api/v1/conversations/${path}`, {}, { expect: 404 });
    await other.delete(`/api/v1/conversations/${id}`, {}, { expect: 404 });
    assert.equal((await list()).length, 1);
  });

  it("need their scopes", async () => {
    const reader = await api.client("blog", "read:statuses");
    await reader.post("/api/v1/conversations/1/read", {}, { expect: 403 });
    await (await api.client("blog", "write")).get("/api/v1/conversations", {}, { expect: 403 });
  });
});
