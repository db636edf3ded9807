import assert from "node:assert/strict";
import { dispatch } from "../../src/activitypub/inbox/dispatch.ts";
import type { ActivityRow, ActorRow, PostRow } from "../../src/database/rows.ts";
import { readActivity } from "../../src/documents/read-activity.ts";
import { drainOutgoing } from "../../src/domain/outgoing.ts";
import { drainPolls } from "../../src/domain/poll-ends.ts";
import { HOUR, MINUTE } from "../../src/support/clock.ts";
import { storePerson } from "../support/people.ts";
import { TestClock } from "../support/test-clock.ts";
import type { ApiClient } from "./support/api-client.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";
import { storePost } from "./support/stored.ts";

const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";

describe("polls", () => {
  let api: StartedApi;
  let app: ApiClient;
  let baker: ApiClient;
  let anna: ActorRow;
  let clock: TestClock;

  before(async () => {
    clock = new TestClock(new Date());
    api = await startApi({ clock, accounts: [{ username: "blog" }, { username: "baker" }] });
    app = await api.client("blog");
    baker = await api.client("baker");
    anna = await storePerson(api.site, "anna");
  });
  after(() => api.close());

  const ask = async (more: object = {}) =>
    (
      await app.post("/api/v1/statuses", {
        status: "which?",
        poll: { options: ["rye", "oat", "corn"], expires_in: 3600, ...more },
      })
    ).body;
  const receive = async (doc: object) => {
    const read = readActivity(doc);
    assert.ok(read.ok);
    return dispatch(api.site, read.activity);
  };
  let votes = 0;
  const voteOf = (voter: ActorRow, post: { uri: string }, name: string) =>
    receive({
      id: `${voter.uri}/votes/${(votes += 1)}/activity`,
      type: "Create",
      actor: voter.uri,
      to: api.site.urls.actor("blog"),
      object: {
        id: `${voter.uri}/votes/${votes}`,
        type: "Note",
        name,
        attributedTo: voter.uri,
        inReplyTo: post.uri,
        to: api.site.urls.actor("blog"),
      },
    });
  const pollOf = async (id: string) => (await app.get(`/api/v1/polls/${id}`)).body;
  const sent = async (type: string): Promise<{ object: Record<string, unknown>; to: string[] }[]> =>
    (
      await api.site.models.activities.find({ type }).sort({ createdAt: 1, _id: 1 }).lean<ActivityRow[]>()
    ).map((row) => JSON.parse(row.body) as { object: Record<string, unknown>; to: string[] });
  const countsOf = (poll: { options: { votes_count: number | null }[] }) =>
    poll.options.map((option) => option.votes_count);

  describe("of ours", () => {
    it("go out as Questions", async () => {
      const status = await ask();
      assert.equal(status.poll.multiple, false);
      await drainOutgoing(api.site);
      const object = (await sent("Create")).at(-1)?.object ?? {};
      assert.equal(object["type"], "Question");
      assert.equal(object["endTime"], status.poll.expires_at);
      assert.equal("closed" in object, false);
      assert.deepEqual(
        (object["oneOf"] as { name: string; replies: { totalItems: number } }[]).map((option) => [
          option.name,
          option.replies.totalItems,
        ]),
        [
          ["rye", 0],
          ["oat", 0],
          ["corn", 0],
        ],
      );
    });

    it("count each voter once, and only for what can be chosen", async () => {
      const status = await ask();
      assert.deepEqual(await voteOf(anna, status, "oat"), { done: true, what: "was counted" });
      assert.equal((await voteOf(anna, status, "oat")).done, false);
      assert.equal((await voteOf(anna, status, "rye")).done, false);
      assert.equal((await voteOf(await storePerson(api.site, "bea"), status, "wheat")).done, false);
      const poll = await pollOf(status.poll.id);
      assert.deepEqual([countsOf(poll), poll.voters_count], [[0, 1, 0], 1]);
      assert.equal(
        (await app.get(`/api/v1/statuses/${status.id}`)).body.replies_count,
        0,
        "a vote is no answer",
      );
    });

    it("of several choices count several, of one voter", async () => {
      const status = await ask({ multiple: true });
      const cora = await storePerson(api.site, "cora");
      for (const name of ["rye", "corn", "corn"]) await voteOf(cora, status, name);
      const poll = await pollOf(status.poll.id);
      assert.deepEqual([countsOf(poll), poll.voters_count, poll.votes_count], [[1, 0, 1], 1, 2]);
    });

    it("tell new counts together, a minute later", async () => {
      const status = await ask();
      await drainOutgoing(api.site);
      const before = (await sent("Update")).length;
      for (const name of ["dora", "elsa", "fee"])
        await voteOf(await storePerson(api.site, name), status, "rye");
      await drainOutgoing(api.site);
      assert.equal((await sent("Update")).length, before);
      clock.advance(MINUTE);
      await drainOutgoing(api.site);
      const updates = await sent("Update");
      assert.equal(updates.length, before + 1);
      const object = updates.at(-1)?.object as {
        oneOf: { replies: { totalItems: number } }[];
        votersCount: number;
      };
      assert.deepEqual(
        [object.oneOf[0]?.replies.totalItems, object.votersCount, "updated" in object],
        [3, 3, false],
      );
    });

    it("hide their counts until the end where that is wished", async () => {
      const status = await ask({ hide_totals: true });
      await voteOf(await storePerson(api.site, "gina"), status, "rye");
      assert.deepEqual(countsOf(await pollOf(status.poll.id)), [null, null, null]);
      const answer = await fetch(status.uri, { headers: { accept: "application/activity+json" } });
      assert.doesNotMatch(await answer.text(), /"name":"rye","replies":\{"type":"Collection","totalItems"/);
    });

    it("are voted in by another account here, once, and not by their author", async () => {
      const status = await ask();
      const vote = (client: ApiClient, choices: unknown, expect = 200) =>
        client.post(`/api/v1/polls/${status.poll.id}/votes`, { choices }, { expect });
      assert.match((await vote(app, [0], 422)).body.error, /own polls/);
      const wrong: [unknown, RegExp][] = [
        [[], /at least one/],
        [[3], /does not exist/],
        [["-1"], /does not exist/],
        [["rye"], /does not exist/],
        [[0, 1], /Only one/],
        [Array.from({ length: 10_000 }, () => "x"), /does not exist/],
      ];
      for (const [choices, reason] of wrong)
        assert.match((await vote(baker, choices, 422)).body.error, reason);
      const { body } = await vote(baker, ["1"]);
      assert.deepEqual([body.voted, body.own_votes, countsOf(body)], [true, [1], [0, 1, 0]]);
      assert.match((await vote(baker, [1], 422)).body.error, /already voted/);
    });

    it("count one of two votes at the same moment", async () => {
      const status = await ask();
      const vote = (choice: number) =>
        baker.post(`/api/v1/polls/${status.poll.id}/votes`, { choices: [choice] });
      const answers = await Promise.allSettled([vote(0), vote(1)]);
      assert.equal(answers.filter((one) => one.status === "fulfilled").length, 1);
      assert.equal((await pollOf(status.poll.id)).votes_count, 1);
    });

    it("end: author and voters are told once, everybody gets the result, and nobody can vote", async () => {
      const status = await ask();
      await baker.post(`/api/v1/polls/${status.poll.id}/votes`, { choices: [0] });
      clock.advance(2 * HOUR);
      for (let time = 0; time < 2; time += 1) await drainPolls(api.site);
      const told = await api.site.models.notifications.find({ type: "poll", post: Number(status.id) }).lean();
      const owners = [await api.account("blog"), await api.account("baker")].map((row) => row._id);
      assert.deepEqual(told.map((row) => row.owner).sort(), owners.sort());
      await drainOutgoing(api.site);
      const object =
        (await sent("Update")).filter((one) => one.object["id"] === status.uri).at(-1)?.object ?? {};
      assert.equal(object["closed"], status.poll.expires_at);
      assert.deepEqual(await voteOf(await storePerson(api.site, "hanna"), status, "rye"), {
        done: false,
        why: "came after the end",
      });
      const late = await baker.post(
        `/api/v1/polls/${status.poll.id}/votes`,
        { choices: [0] },
        { expect: 422 },
      );
      assert.match(late.body.error, /already ended/);
      assert.equal((await pollOf(status.poll.id)).expired, true);
    });

    it("that take the place of another end as well, and tell so", async () => {
      const told = async () =>
        (await app.get("/api/v1/notifications", { types: ["poll"] })).body.filter(
          (one: { status: { id: string } }) => one.status.id === status.id,
        ).length as number;
      const status = await ask({ expires_in: 600 });
      clock.advance(HOUR);
      await drainPolls(api.site);
      assert.equal(await told(), 1);
      const poll = { options: ["white", "brown"], expires_in: 600 };
      await app.put(`/api/v1/statuses/${status.id}`, { status: "which?", poll });
      assert.equal(await told(), 0);
      clock.advance(HOUR);
      await drainPolls(api.site);
      assert.equal(await told(), 1);
    });
  });

  describe("of others", () => {
    const question = (more: object = {}) => ({
      id: "https://remote.example/questions/1",
      type: "Question",
      attributedTo: anna.uri,
      content: "<p>tea?</p>",
      published: clock.now().toISOString(),
      to: [PUBLIC],
      cc: [api.site.urls.actor("blog")],
      tag: [{ type: "Mention", href: api.site.urls.actor("blog"), name: `@blog@${api.site.urls.host}` }],
      endTime: new Date(clock.now().getTime() + HOUR).toISOString(),
      votersCount: 4,
      oneOf: [
        { type: "Note", name: "yes", replies: { type: "Collection", totalItems: 3 } },
        { type: "Note", name: "no", replies: { type: "Collection", totalItems: 1 } },
      ],
      ...more,
    });
    let updates = 0;
    const activity = (type: string, object: object) => ({
      id: `https://remote.example/activities/${(updates += 1)}`,
      type,
      actor: anna.uri,
      to: [PUBLIC],
      object,
    });
    const row = async (): Promise<PostRow> => {
      const found = await api.site.models.posts.findOne({ uri: question().id }).lean<PostRow | null>();
      assert.ok(found);
      return found;
    };

    it("are read, voted in by a Note with a name to their author alone", async () => {
      await receive(activity("Create", question()));
      const { _id } = await row();
      const { body } = await app.post(`/api/v1/polls/${_id}/votes`, { choices: [1] });
      assert.deepEqual([countsOf(body), body.voters_count, body.own_votes], [[3, 2], 5, [1]]);
      const vote = (await sent("Create")).find((one) => one.object["name"] === "no");
      assert.deepEqual(vote?.to, [anna.uri]);
      assert.deepEqual(vote?.object["to"], [anna.uri]);
      assert.equal(vote?.object["inReplyTo"], question().id);
      assert.equal("content" in (vote?.object ?? {}), false);
    });

    it("take new counts without becoming an edit, and another poll as another", async () => {
      const options = question().oneOf.map((option) => ({
        ...option,
        replies: { type: "Collection", totalItems: 9 },
      }));
      await receive(activity("Update", question({ oneOf: options, votersCount: 18 })));
      const after = await row();
      assert.deepEqual(
        [after.poll?.options[0]?.votes, after.poll?.voters, after.updatedAt],
        [9, 18, undefined],
      );
      assert.equal((await pollOf(String(after._id))).voted, true);
      const other = [{ name: "green" }, { name: "black" }];
      await receive(
        activity(
          "Update",
          question({ oneOf: other, updated: new Date(clock.now().getTime() + 1000).toISOString() }),
        ),
      );
      const poll = await pollOf(String(after._id));
      assert.deepEqual([poll.options[0].title, poll.voted], ["green", false]);
    });

    it("of somebody else's mouth are not believed", async () => {
      const eve = await storePerson(api.site, "eve", { host: "evil.example" });
      await receive({
        ...activity("Update", question({ oneOf: [{ name: "a" }, { name: "b" }] })),
        actor: eve.uri,
      }).catch(() => undefined);
      assert.equal((await row()).poll?.options[0]?.title, "green");
    });

    it("tell voters here when they end, with the counts known where their server is away", async () => {
      const { _id } = await row();
      await app.post(`/api/v1/polls/${_id}/votes`, { choices: [0] });
      clock.advance(2 * HOUR);
      await drainPolls(api.site);
      const told = await api.site.models.notifications.find({ type: "poll", post: _id }).lean();
      assert.deepEqual(
        told.map((one) => [one.owner, one.from]),
        [[(await api.account("blog"))._id, anna._id]],
      );
    });

    it("that may not be seen are 404, and so are posts without one", async () => {
      const hidden = await storePost(api.site, anna, {
        visibility: "direct",
        poll: {
          options: [
            { title: "a", votes: 0 },
            { title: "b", votes: 0 },
          ],
          multiple: false,
        },
      });
      const plain = await storePost(api.site, anna);
      for (const id of [hidden._id, plain._id, 12])
        await app.post(`/api/v1/polls/${id}/votes`, { choices: [0] }, { expect: 404 });
    });
  });
});
