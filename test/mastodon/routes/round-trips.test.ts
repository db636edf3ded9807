import assert from "node:assert/strict";
import mongoose, { type Connection } from "mongoose";
import type { ActorRow, PostRow } from "../../../src/database/rows.ts";
import type { Clock } from "../../../src/support/clock.ts";
import { storePerson } from "../../support/people.ts";
import { freshDatabase } from "../../support/store.ts";
import type { Answer, ApiClient } from "../support/api-client.ts";
import { commandsOf } from "../support/commands.ts";
import { startApi, type StartedApi } from "../support/start-api.ts";
import { placeAtHome, storeBoost, storeFollow, storeNotification, storePost } from "../support/stored.ts";

/** What a list costs must not grow with it: an app asks for forty as often as for one. */
describe("the round trips to the store of a list for apps", () => {
  let connection: Connection;
  let api: StartedApi;
  let owner: ActorRow;
  let anna: ActorRow;
  let ben: ActorRow;
  let app: ApiClient;
  before(async () => {
    connection = mongoose.createConnection(await freshDatabase(), { monitorCommands: true });
    // Who calls is remembered for ten seconds, which a busy machine may need for less.
    const now = new Date();
    const clock: Clock = { now: () => now };
    api = await startApi({ database: connection, clock });
    owner = await api.account();
    anna = await storePerson(api.site, "anna");
    ben = await storePerson(api.site, "ben", { host: "other.example" });
    await storeFollow(api.site, owner, anna);
    app = await api.client();
    // Read once in a process's life: the secret that signs addresses of pictures.
    await app.get(`/api/v1/accounts/${anna._id}`);
    await app.get("/api/v1/timelines/home");
  });
  after(async () => {
    await api.close();
    await connection.close();
  });

  /** The commands, by name and collection, and what came. */
  async function asked(
    path: string,
    parameters: object = {},
  ): Promise<{ commands: string[]; answer: Answer }> {
    let answer: Answer | undefined;
    const commands = await commandsOf(api.site, async () => {
      answer = await app.get(path, parameters);
    });
    assert.ok(answer);
    return {
      answer,
      commands: commands
        .map((each) => `${each.commandName} ${String(each.command[each.commandName])}`)
        .sort(),
    };
  }

  /** Forty of everything that an author may do with a post. */
  async function forty(): Promise<PostRow[]> {
    const posts: PostRow[] = [];
    for (let at = 0; at < 20; at += 1) {
      const mentions = [{ handle: "ben@other.example", uri: ben.uri }];
      const post = await storePost(api.site, anna, { mentions });
      posts.push(post, await storeBoost(api.site, anna, await storePost(api.site, ben, { mentions })));
    }
    return posts;
  }

  it("is the same for one status at home as for forty, boosts and mentions among them", async () => {
    await placeAtHome(api.site, owner, await forty());
    const one = await asked("/api/v1/timelines/home", { limit: 1 });
    const all = await asked("/api/v1/timelines/home", { limit: 40 });
    assert.deepEqual([one.answer.body.length, all.answer.body.length], [1, 40]);
    assert.deepEqual(all.commands, one.commands);
    // Places, posts with what they boost, and then all at once: what ties the owner to authors and posts, and people.
    assert.ok(all.commands.length <= 9, all.commands.join(", "));
  });

  it("is the same for one status of an account as for forty", async () => {
    await forty();
    const path = `/api/v1/accounts/${anna._id}/statuses`;
    const one = await asked(path, { limit: 1 });
    const all = await asked(path, { limit: 40 });
    assert.deepEqual([one.answer.body.length, all.answer.body.length], [1, 40]);
    assert.deepEqual(all.commands, one.commands);
    assert.ok(all.commands.length <= 11, all.commands.join(", "));
  });

  it("is the same for one notification as for forty", async () => {
    for (let at = 0; at < 40; at += 1)
      await storeNotification(api.site, owner, anna, "mention", {
        post: (await storePost(api.site, anna, { mentions: [{ handle: "blog@localhost", uri: owner.uri }] }))
          ._id,
      });
    const one = await asked("/api/v1/notifications", { limit: 1 });
    const all = await asked("/api/v1/notifications", { limit: 40 });
    assert.deepEqual([one.answer.body.length, all.answer.body.length], [1, 40]);
    assert.deepEqual(all.commands, one.commands);
    assert.ok(all.commands.length <= 10, all.commands.join(", "));
  });

  it("is the same for a thread of one answer as for one of forty", async () => {
    const counts: string[][] = [];
    for (const answers of [1, 40]) {
      const root = await storePost(api.site, owner);
      for (let at = 0; at < answers; at += 1)
        await storePost(api.site, anna, {
          parent: root,
          thread: root._id,
          mentions: [{ handle: "blog@localhost", uri: owner.uri }],
        });
      const { answer, commands } = await asked(`/api/v1/statuses/${root._id}/context`);
      assert.equal(answer.body.descendants.length, answers);
      counts.push(commands);
    }
    assert.deepEqual(counts[1], counts[0]);
    assert.ok((counts[1]?.length ?? 0) <= 15, counts[1]?.join(", "));
  });

  it("begins with who calls only where that was not known a moment before", async () => {
    const stranger = await api.client();
    const first = await commandsOf(api.site, () => stranger.get("/api/v1/timelines/home", { limit: 1 }));
    const second = await commandsOf(api.site, () => stranger.get("/api/v1/timelines/home", { limit: 1 }));
    const actors = (commands: typeof first): number =>
      commands.filter((each) => String(each.command.find).endsWith("tokens")).length;
    assert.deepEqual([actors(first), actors(second)], [1, 0]);
    // What one's profile says is read anew each time: it may have been changed a moment before.
    await app.patch("/api/v1/accounts/update_credentials", { display_name: "Crumbs" });
    assert.equal((await app.get("/api/v1/accounts/verify_credentials")).body.display_name, "Crumbs");
    await api.site.models.actors.updateOne({ _id: owner._id }, { $set: { name: "Changed elsewhere" } });
    assert.equal(
      (await app.get("/api/v1/accounts/verify_credentials")).body.display_name,
      "Changed elsewhere",
    );
  });
});
