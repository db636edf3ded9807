import assert from "node:assert/strict";
import { dispatch } from "../../src/activitypub/inbox/dispatch.ts";
import type { ActivityRow, ActorRow, PostRow } from "../../src/database/rows.ts";
import { readActivity } from "../../src/documents/read-activity.ts";
import { drainOutgoing } from "../../src/domain/outgoing.ts";
import { resolveActor } from "../../src/remote/actors.ts";
import { startRemote, type Character, type FakeRemote } from "../support/fake-remote.ts";
import type { ApiClient } from "./support/api-client.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";
import { storePost } from "./support/stored.ts";

const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";

describe("quotes", () => {
  let api: StartedApi;
  let app: ApiClient;
  let remote: FakeRemote;
  let anna: Character;
  let annaRow: ActorRow;

  before(async () => {
    remote = await startRemote();
    anna = remote.character("anna");
    api = await startApi();
    app = await api.client("blog");
    annaRow = await resolveActor(api.site, anna.uri);
  });
  after(async () => {
    await api.close();
    await remote.close();
  });

  const receive = async (doc: object) => {
    const read = readActivity(doc);
    assert.ok(read.ok);
    return dispatch(api.site, read.activity);
  };
  const sent = async (type: string): Promise<Record<string, unknown>[]> => {
    await drainOutgoing(api.site);
    const rows = await api.site.models.activities
      .find({ type })
      .sort({ createdAt: 1, _id: 1 })
      .lean<ActivityRow[]>();
    return rows.map((row) => JSON.parse(row.body) as Record<string, unknown>);
  };
  const last = async (type: string): Promise<Record<string, unknown>> => (await sent(type)).at(-1) ?? {};
  const document = async (url: string): Promise<{ status: number; body: Record<string, unknown> }> => {
    const answer = await fetch(url, { headers: { accept: "application/activity+json" } });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const rowOf = async (uri: string): Promise<PostRow | null> =>
    api.site.models.posts.findOne({ uri }).lean<PostRow | null>();
  let notes = 0;
  const quoting = (quoted: string, more: object = {}) => {
    const id = `${remote.origin}/notes/quote-${(notes += 1)}`;
    const note = {
      "@context": "https://www.w3.org/ns/activitystreams",
      id,
      type: "Note",
      attributedTo: anna.uri,
      content: "<p>well said</p>",
      published: new Date().toISOString(),
      to: [PUBLIC],
      cc: [],
      quote: quoted,
      ...more,
    };
    remote.serve(new URL(id).pathname, { body: note });
    return note;
  };
  const request = (quoted: string, instrument: unknown, more: object = {}) => ({
    id: `${remote.origin}/requests/${(notes += 1)}`,
    type: "QuoteRequest",
    actor: anna.uri,
    object: quoted,
    instrument,
    ...more,
  });
  const write = async (more: object = {}) =>
    (await app.post("/api/v1/statuses", { status: "quotable", ...more })).body;

  describe("of our posts", () => {
    it("are consented to by a stamp that anybody can fetch, and the author hears of it", async () => {
      const status = await write();
      const note = quoting(status.uri as string);
      const asked = request(status.uri as string, note);
      assert.deepEqual(await receive(asked), { done: true, what: "may quote" });
      const accept = await last("Accept");
      assert.deepEqual((accept["object"] as Record<string, unknown>)["id"], asked.id);
      const stamp = accept["result"] as string;
      assert.ok(stamp.startsWith(`${status.uri}/quotes/`));
      const { body } = await document(stamp);
      assert.deepEqual(
        [body["type"], body["attributedTo"], body["interactingObject"], body["interactionTarget"]],
        ["QuoteAuthorization", api.site.urls.actor("blog"), note.id, status.uri],
      );
      const [told] = await api.site.models.notifications.find({ type: "quote" }).lean();
      assert.equal(told?.from, annaRow._id);
      assert.equal((await app.get(`/api/v1/statuses/${status.id}`)).body.quotes_count, 1);
      const { body: quotes } = await app.get(`/api/v1/statuses/${status.id}/quotes`);
      assert.deepEqual(
        quotes.map((quote: { uri: string }) => quote.uri),
        [note.id],
      );
      // Asked again, it is the same stamp and no second quote.
      await receive({ ...asked, id: `${asked.id}-again` });
      assert.equal((await last("Accept"))["result"], stamp);
      assert.equal((await app.get(`/api/v1/statuses/${status.id}`)).body.quotes_count, 1);
    });

    it("are looked at where only their id is named", async () => {
      const status = await write();
      const note = quoting(status.uri as string);
      assert.equal((await receive(request(status.uri as string, note.id))).done, true);
      assert.equal((await rowOf(note.id))?.quote?.state, "accepted");
    });

    for (const [policy, what] of [
      ["nobody", "nobody may quote"],
      ["followers", "only followers may quote"],
    ] as const) {
      it(`are refused where ${what}`, async () => {
        const status = await write({ quote_approval_policy: policy });
        const note = quoting(status.uri as string);
        await receive(request(status.uri as string, note));
        const reject = await last("Reject");
        assert.equal((reject["object"] as Record<string, unknown>)["instrument"], note.id);
        assert.equal("result" in reject, false);
        assert.equal(await rowOf(note.id), null);
      });
    }

    it("are refused to strangers of a followers-only post, without a word of what is in it", async () => {
      const status = await write({ visibility: "private", status: "a secret" });
      await receive(request(status.uri as string, quoting(status.uri as string)));
      assert.doesNotMatch(JSON.stringify(await last("Reject")), /secret/);
    });

    it("are not believed from a mouth that may not speak of them", async () => {
      const status = await write();
      const before = (await sent("Accept")).length;
      const others = { ...quoting(status.uri as string), attributedTo: `${remote.origin}/users/bea` };
      const elsewhere = { ...quoting(status.uri as string), id: "https://elsewhere.example/notes/1" };
      const unrelated = quoting("https://elsewhere.example/notes/2");
      for (const instrument of [others, elsewhere, unrelated])
        assert.equal((await receive(request(status.uri as string, instrument))).done, false);
      assert.equal((await receive(request("https://elsewhere.example/1", unrelated))).done, false);
      assert.equal((await sent("Accept")).length, before);
    });

    it("can be taken back by their author: the stamp goes, and its holder is told", async () => {
      const status = await write();
      const note = quoting(status.uri as string);
      await receive(request(status.uri as string, note));
      const stamp = (await last("Accept"))["result"] as string;
      const row = await rowOf(note.id);
      const { body } = await app.post(`/api/v1/statuses/${status.id}/quotes/${row?._id}/revoke`);
      assert.deepEqual(body.quote, { state: "revoked", quoted_status: null });
      assert.equal((await document(stamp)).status, 404);
      const told = await last("Delete");
      assert.equal((told["object"] as Record<string, unknown>)["id"], stamp);
      assert.equal((await app.get(`/api/v1/statuses/${status.id}`)).body.quotes_count, 0);
      // Asking again does not bring it back.
      await receive(request(status.uri as string, note));
      assert.equal((await rowOf(note.id))?.quote?.state, "revoked");
      assert.equal((await last("Reject"))["type"], "Reject");
    });

    it("can be taken back by nobody else", async () => {
      const theirs = await storePost(api.site, annaRow);
      const status = await write({ quoted_status_id: String(theirs._id) });
      await app.post(`/api/v1/statuses/${theirs._id}/quotes/${status.id}/revoke`, {}, { expect: 403 });
      const mine = await write();
      for (const id of [status.id, "12", "x"])
        await app.post(`/api/v1/statuses/${mine.id}/quotes/${id}/revoke`, {}, { expect: 404 });
    });

    it("without a request (Misskey) count by the same policy", async () => {
      const status = await write();
      const mention = { type: "Mention", href: api.site.urls.actor("blog"), name: "@blog" };
      const note = quoting(status.uri as string, {
        quote: undefined,
        _misskey_quote: status.uri,
        tag: [mention],
        cc: [api.site.urls.actor("blog")],
      });
      await receive({
        id: `${note.id}/activity`,
        type: "Create",
        actor: anna.uri,
        to: note.to,
        object: note,
      });
      assert.equal((await rowOf(note.id))?.quote?.state, "accepted");
    });
  });

  describe("by our posts", () => {
    const theirs = async (): Promise<PostRow> => {
      const id = `${remote.origin}/notes/original-${(notes += 1)}`;
      return storePost(api.site, annaRow, { uri: id, url: id, names: [id] });
    };

    it("ask their author, say so in every way some server reads, and wait", async () => {
      const quoted = await theirs();
      const status = await write({ quoted_status_id: String(quoted._id) });
      assert.deepEqual(status.quote, { state: "pending", quoted_status: null });
      const create = (await last("Create"))["object"] as Record<string, unknown>;
      for (const name of ["quote", "_misskey_quote", "quoteUrl", "quoteUri"])
        assert.equal(create[name], quoted.uri);
      assert.ok(
        (create["tag"] as { type: string; href: string }[]).some(
          (tag) => tag.type === "Link" && tag.href === quoted.uri,
        ),
      );
      assert.match(String(create["content"]), /class="quote-inline"/);
      const asked = await last("QuoteRequest");
      assert.deepEqual(
        [asked["object"], (asked["instrument"] as Record<string, unknown>)["id"]],
        [quoted.uri, status.uri],
      );
      const [row] = await api.site.models.activities
        .find({ type: "QuoteRequest" })
        .sort({ _id: -1 })
        .limit(1)
        .lean<ActivityRow[]>();
      assert.deepEqual(row?.inboxes, [anna.inbox]);
    });

    for (const how of ["embedded", "by its id"] as const) {
      it(`are shown once their author accepts (the request ${how}), and others learn of the stamp`, async () => {
        const quoted = await theirs();
        const status = await write({ quoted_status_id: String(quoted._id) });
        const asked = await last("QuoteRequest");
        const stamp = `${remote.origin}/stamps/${(notes += 1)}`;
        const object =
          how === "embedded"
            ? {
                type: "QuoteRequest",
                id: asked["id"],
                actor: asked["actor"],
                object: quoted.uri,
                instrument: status.uri,
              }
            : asked["id"];
        await receive({ id: `${stamp}/accept`, type: "Accept", actor: anna.uri, object, result: stamp });
        const { body } = await app.get(`/api/v1/statuses/${status.id}`);
        assert.deepEqual(
          [body.quote.state, body.quote.quoted_status.id, body.edited_at],
          ["accepted", String(quoted._id), null],
        );
        const update = (await last("Update"))["object"] as Record<string, unknown>;
        assert.deepEqual([update["id"], update["quoteAuthorization"]], [status.uri, stamp]);
        // And no longer, when the stamp is deleted.
        await receive({ id: `${stamp}/delete`, type: "Delete", actor: anna.uri, object: stamp });
        assert.equal((await app.get(`/api/v1/statuses/${status.id}`)).body.quote.state, "revoked");
        const after = (await last("Update"))["object"] as Record<string, unknown>;
        assert.deepEqual([after["id"], "quote" in after], [status.uri, false]);
      });
    }

    it("are not shown where their author refuses, or somebody else answers", async () => {
      const quoted = await theirs();
      const status = await write({ quoted_status_id: String(quoted._id) });
      const object = { type: "QuoteRequest", id: "x", object: quoted.uri, instrument: status.uri };
      const bea = remote.character("bea");
      await receive({
        id: `${bea.uri}/accept`,
        type: "Accept",
        actor: bea.uri,
        object,
        result: `${bea.uri}/stamp`,
      });
      assert.equal((await app.get(`/api/v1/statuses/${status.id}`)).body.quote.state, "pending");
      await receive({ id: `${anna.uri}/reject/${notes}`, type: "Reject", actor: anna.uri, object });
      assert.equal((await app.get(`/api/v1/statuses/${status.id}`)).body.quote.state, "rejected");
      assert.equal("quote" in (await document(status.uri as string)).body, false);
    });

    it("of our own are shown at once", async () => {
      const first = await write();
      const second = await write({ quoted_status_id: first.id });
      assert.deepEqual([second.quote.state, second.quote.quoted_status.id], ["accepted", first.id]);
      const stamp = (await document(second.uri as string)).body["quoteAuthorization"] as string;
      assert.equal((await document(stamp)).body["interactingObject"], second.uri);
      await app.delete(`/api/v1/statuses/${second.id}`);
      assert.equal((await app.get(`/api/v1/statuses/${first.id}`)).body.quotes_count, 0);
    });

    it("hear when what they quote is edited: of the newest edit, once, with their own post", async () => {
      await api.fedi.account({ username: "baker" });
      const baker = await api.client("baker");
      const quoted = await write();
      const { body: quote } = await baker.post("/api/v1/statuses", {
        status: "see",
        quoted_status_id: quoted.id,
      });
      await write({ quoted_status_id: quoted.id });
      const told = async (client: ApiClient): Promise<Record<string, { id: string }>[]> =>
        (await client.get("/api/v1/notifications", { types: ["quoted_update"] })).body;
      assert.deepEqual(await told(baker), []);
      for (const status of ["another", "and another"])
        await app.put(`/api/v1/statuses/${quoted.id}`, { status });
      const [only, ...more] = await told(baker);
      assert.deepEqual([only?.status?.id, more.length], [quote.id, 0]);
      assert.equal(only?.account?.id, String((await api.account())._id));
      // The author knows.
      assert.deepEqual(await told(app), []);
      await baker.delete(`/api/v1/statuses/${quote.id}`);
      await app.put(`/api/v1/statuses/${quoted.id}`, { status: "nobody quotes this" });
      assert.deepEqual(await told(baker), []);
    });

    it("hear of edits that come from elsewhere, too", async () => {
      const theirs = await storePost(api.site, annaRow, {});
      const { body: mine } = await app.post("/api/v1/statuses", {
        status: "see",
        quoted_status_id: theirs._id,
      });
      const edit = (updated: Date) =>
        receive({
          id: `${theirs.uri}#${updated.getTime()}`,
          type: "Update",
          actor: anna.uri,
          to: [PUBLIC],
          object: {
            ...{ id: theirs.uri, type: "Note", attributedTo: anna.uri, to: [PUBLIC] },
            content: `as of ${updated.getTime()}`,
            published: theirs.publishedAt.toISOString(),
            updated: updated.toISOString(),
          },
        });
      const told = async (): Promise<{ status: { id: string } }[]> =>
        (await app.get("/api/v1/notifications", { types: ["quoted_update"] })).body;
      await edit(new Date(theirs.publishedAt.getTime() + 1));
      // Without consent it is not shown, so its changes are nothing to hear of.
      assert.deepEqual(await told(), []);
      await api.site.models.posts.updateOne(
        { _id: Number(mine.id) },
        { $set: { "quote.state": "accepted" } },
      );
      await edit(new Date(theirs.publishedAt.getTime() + 2));
      assert.deepEqual(
        (await told()).map(({ status }) => status.id),
        [mine.id],
      );
    });

    it("take the account's own policy where the app names none", async () => {
      const set = (policy: string) =>
        app.patch("/api/v1/accounts/update_credentials", { source: { quote_policy: policy } });
      assert.equal((await set("followers")).body.source.quote_policy, "followers");
      const stored = async (status: { id: string }): Promise<unknown> =>
        (await api.site.models.posts.findById(Number(status.id)).lean<PostRow | null>())?.quotePolicy;
      assert.equal(await stored(await write()), "followers");
      assert.equal(await stored(await write({ quote_approval_policy: "nobody" })), "nobody");
      const preferences = (await app.get("/api/v1/preferences")).body;
      assert.equal(preferences["posting:default:quote_policy"], "followers");
      // What is no policy changes nothing.
      assert.equal((await set("everybody and his dog")).body.source.quote_policy, "followers");
      assert.equal((await set("public")).body.source.quote_policy, "public");
    });

    it("of what may not be quoted are refused", async () => {
      const closed = await storePost(api.site, annaRow, { quotePolicy: "nobody" });
      const hidden = await storePost(api.site, annaRow, { visibility: "direct" });
      const post = (id: string, expect: number) =>
        app.post("/api/v1/statuses", { status: "x", quoted_status_id: id }, { expect });
      await post(String(closed._id), 422);
      await post(String(hidden._id), 404);
      const own = (await write({ visibility: "private" })).id as string;
      await post(own, 422);
      await app.post("/api/v1/statuses", { status: "x", quoted_status_id: own, visibility: "private" });
    });
  });

  describe("between others", () => {
    const arrive = async (note: { id: string }, type = "Create") =>
      receive({
        id: `${note.id}/${type}/${(notes += 1)}`,
        type,
        actor: anna.uri,
        to: [PUBLIC],
        object: note,
      });
    const spoken = () => ({
      cc: [api.site.urls.actor("blog")],
      tag: [{ type: "Mention", href: api.site.urls.actor("blog"), name: "@blog" }],
    });
    const original = async (): Promise<string> => {
      const id = `${remote.origin}/notes/by-bea-${(notes += 1)}`;
      const bea = remote.character("bea");
      remote.serve(new URL(id).pathname, {
        body: {
          "@context": "https://www.w3.org/ns/activitystreams",
          id,
          type: "Note",
          attributedTo: bea.uri,
          content: "x",
          to: [PUBLIC],
          published: new Date().toISOString(),
        },
      });
      return id;
    };

    it("are fetched, and shown where a stamp of the quoted author says so", async () => {
      const quoted = await original();
      const stamp = `${remote.origin}/stamps/${(notes += 1)}`;
      const note = quoting(quoted, { quoteAuthorization: stamp, ...spoken() });
      const bea = remote.character("bea");
      remote.serve(new URL(stamp).pathname, {
        body: {
          "@context": "https://www.w3.org/ns/activitystreams",
          id: stamp,
          type: "QuoteAuthorization",
          attributedTo: bea.uri,
          interactingObject: note.id,
          interactionTarget: quoted,
        },
      });
      await arrive(note);
      const row = await rowOf(note.id);
      assert.deepEqual([row?.quote?.state, row?.quote?.id !== undefined], ["accepted", true]);
    });

    it("stay pending without a stamp, with one of somebody else, or for another post", async () => {
      const quoted = await original();
      const stamp = `${remote.origin}/stamps/${(notes += 1)}`;
      for (const more of [
        { attributedTo: anna.uri },
        { interactingObject: "https://elsewhere.example/1" },
        { type: "Note" },
      ]) {
        const note = quoting(quoted, { quoteAuthorization: stamp, ...spoken() });
        remote.serve(new URL(stamp).pathname, {
          body: {
            id: stamp,
            type: "QuoteAuthorization",
            attributedTo: remote.character("bea").uri,
            interactingObject: note.id,
            interactionTarget: quoted,
            ...more,
          },
        });
        await arrive(note);
        assert.equal((await rowOf(note.id))?.quote?.state, "pending");
      }
    });

    it("are shown when the stamp comes with an Update later", async () => {
      const quoted = await original();
      const note = quoting(quoted, spoken());
      await arrive(note);
      assert.equal((await rowOf(note.id))?.quote?.state, "pending");
      const stamp = `${remote.origin}/stamps/${(notes += 1)}`;
      remote.serve(new URL(stamp).pathname, {
        body: {
          id: stamp,
          type: "QuoteAuthorization",
          attributedTo: remote.character("bea").uri,
          interactingObject: note.id,
          interactionTarget: quoted,
        },
      });
      await arrive({ ...note, quoteAuthorization: stamp } as { id: string }, "Update");
      assert.equal((await rowOf(note.id))?.quote?.state, "accepted");
    });

    it("of what cannot be fetched stay pending", async () => {
      const note = quoting(`${remote.origin}/notes/gone`, spoken());
      await arrive(note);
      assert.deepEqual((await rowOf(note.id))?.quote, {
        uri: `${remote.origin}/notes/gone`,
        state: "pending",
      });
    });
  });
});
