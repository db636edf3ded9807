import assert from "node:assert/strict";
import type { ActorRow, PostRow } from "../../src/database/rows.ts";
import { threadOfPost } from "../../src/domain/context.ts";
import { fetchContext } from "../../src/domain/fetch-context.ts";
import { importPost } from "../../src/domain/receive.ts";
import type { Site } from "../../src/site.ts";
import { MINUTE } from "../../src/support/clock.ts";
import { storePost } from "../mastodon/support/stored.ts";
import { startRemote, type Character, type FakeRemote } from "../support/fake-remote.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { TestClock } from "../support/test-clock.ts";

type Note = Record<string, unknown> & { id: string };

describe("a conversation on another server", () => {
  let remote: FakeRemote;
  let made: HandMadeSite;
  let site: Site;
  let owner: ActorRow;
  let clock: TestClock;
  let anna: Character;
  before(async () => {
    remote = await startRemote({ host: "127.0.0.4" });
  });
  after(() => remote.close());
  beforeEach(async () => {
    clock = new TestClock(new Date());
    made = await makeSite({ clock });
    site = made.site;
    owner = await made.account("blog");
    anna = remote.character("anna");
  });
  afterEach(() => made.close());

  const note = (text: string, more: Record<string, unknown> = {}): Note => anna.note(text, more) as Note;
  const imported = async (uri: string): Promise<PostRow> => {
    const post = await importPost(site, uri);
    assert.ok(post);
    return post;
  };
  const fresh = async (post: PostRow): Promise<PostRow> => {
    const row = await site.models.posts.findById(post._id).lean<PostRow | null>();
    assert.ok(row);
    return row;
  };
  const urisOf = (posts: readonly PostRow[]): string[] => posts.map((post) => post.uri);

  it("is fetched: what a post answers, and the answers its server lists, page by page", async () => {
    const root = note("root");
    const middle = note("middle", { inReplyTo: root.id });
    const asked = note("asked", { inReplyTo: middle.id });
    const answers = [1, 2, 3].map((at) => note(`answer ${at}`, { inReplyTo: asked.id }));
    const page = remote.serve("/replies?page=2", {
      body: { id: `${remote.origin}/replies?page=2`, type: "CollectionPage", items: [answers[2]] },
    });
    const { pathname } = new URL(asked.id);
    remote.serve(pathname, {
      body: {
        ...asked,
        replies: {
          id: `${remote.origin}/replies`,
          type: "Collection",
          first: { type: "CollectionPage", items: answers.slice(0, 2).map((each) => each.id), next: page },
        },
      },
    });
    const post = await imported(asked.id);
    assert.equal(post.inReplyToId, undefined);
    await fetchContext(site, post);
    const thread = await threadOfPost(site, await fresh(post), owner);
    assert.deepEqual(urisOf(thread.ancestors), [root.id, middle.id]);
    assert.deepEqual(new Set(urisOf(thread.descendants)), new Set(answers.map((each) => each.id)));
    const top = await imported(root.id);
    assert.equal((await threadOfPost(site, top, owner)).descendants.length, 5);
  });

  it("is asked for once in five minutes, however many ask", async () => {
    const asked = note("asked", { replies: `${remote.origin}/none` });
    const post = await imported(asked.id);
    const { pathname } = new URL(asked.id);
    const before = remote.count(pathname);
    await Promise.all([fetchContext(site, post), fetchContext(site, post)]);
    await fetchContext(site, post);
    assert.equal(remote.count(pathname), before + 1);
    clock.advance(6 * MINUTE);
    await fetchContext(site, post);
    assert.equal(remote.count(pathname), before + 2);
  });

  it("has bounds: no endless chain upwards, no endless pages, no page of another host", async () => {
    let last = note("end");
    for (let at = 0; at < 40; at += 1) last = note(`up ${at}`, { inReplyTo: last.id });
    const many = Array.from({ length: 500 }, (_, at) => `${remote.origin}/missing/${at}`);
    const endless = `${remote.origin}/endless`;
    remote.serve("/endless", { body: { id: endless, type: "CollectionPage", items: many, next: endless } });
    remote.serve(new URL(last.id).pathname, { body: { ...last, replies: endless } });
    const post = await imported(last.id);
    await fetchContext(site, post);
    assert.equal(await site.models.posts.countDocuments(), 21);
    assert.equal(remote.requests.filter((request) => request.path.startsWith("/missing/")).length, 60);

    const elsewhere = note("elsewhere", { replies: "http://127.0.0.5:1/replies" });
    await fetchContext(site, await imported(elsewhere.id));
  });

  it("is left alone where the post is ours or not for everybody, and never throws", async () => {
    const before = remote.requests.length;
    await fetchContext(site, await storePost(site, owner));
    const secret = note("secret", { to: [anna.document["followers"]], cc: [] });
    const post = await imported(secret.id);
    const asked = remote.requests.length;
    assert.ok(asked > before);
    await fetchContext(site, post);
    assert.equal(remote.requests.length, asked);
    const gone = note("gone", { inReplyTo: `${remote.origin}/nothing` });
    const open = await imported(gone.id);
    remote.serve(new URL(gone.id).pathname, { status: 500, body: "no" });
    await fetchContext(site, open);
  });
});
