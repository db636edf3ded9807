import assert from "node:assert/strict";
import type { ActorRow, PostRow } from "../../src/database/rows.ts";
import { receiveInteraction } from "../../src/domain/interactions.ts";
import { publishPost } from "../../src/domain/posts.ts";
import { storePerson } from "../support/people.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";
import { storeFollow } from "./support/stored.ts";

const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";

describe("a boost for followers only", () => {
  let api: StartedApi;
  let blog: ActorRow;
  let anna: ActorRow;
  let post: PostRow;
  beforeEach(async () => {
    api = await startApi({ accounts: [{ username: "blog" }, { username: "guest" }] });
    blog = await api.account();
    anna = await storePerson(api.site, "anna", { name: "Anna" });
    await storeFollow(api.site, blog, anna);
    post = await publishPost(api.site, { text: "Fresh bread" });
  });
  afterEach(() => api.close());

  const boosts = (to: string[], cc: string[]) =>
    receiveInteraction(api.site, "boost", anna, post.uri, "https://remote.example/boosts/1", { to, cc });
  /** What a stranger finds of it: in the list of boosters, on the page, in the collection of shares. */
  const seen = async (name: RegExp): Promise<boolean[]> => {
    const by = await api.stranger().get(`/api/v1/statuses/${post._id}/reblogged_by`);
    const text = async (path: string, accept: string): Promise<string> =>
      (await fetch(`${api.origin}${path}`, { headers: { accept } })).text();
    const page = await text(`/@blog/${post._id}`, "text/html");
    const shares = await text(`/ap/posts/${post._id}/shares?page=true`, "application/activity+json");
    return [by.body.length > 0, name.test(page), /remote\.example|activities/.test(shares)];
  };
  const counted = async (): Promise<number> =>
    (await api.stranger().get(`/api/v1/statuses/${post._id}`)).body.reblogs_count as number;
  const own = async (actor: ActorRow): Promise<number> =>
    (await api.stranger().get(`/api/v1/accounts/${actor._id}/statuses`)).body.length as number;

  it("by somebody elsewhere is counted, and no stranger is told whose it was", async () => {
    await boosts([`${anna.uri}/followers`], [blog.uri]);
    assert.deepEqual(await seen(/Anna/), [false, false, false]);
    assert.deepEqual([await counted(), await own(anna)], [1, 0]);
    const reader = await api.client("blog");
    const { body } = await reader.get(`/api/v1/accounts/${anna._id}/statuses`);
    assert.equal(body[0]?.reblog.id, String(post._id), "who follows her sees it");
  });

  it("by an account of ours is so, too", async () => {
    const guest = await api.client("guest");
    await guest.post(`/api/v1/statuses/${post._id}/reblog`, { visibility: "private" });
    assert.deepEqual(await seen(/guest/), [false, false, false]);
    assert.deepEqual([await counted(), await own(await api.account("guest"))], [1, 0]);
  });

  for (const [what, to, cc] of [
    ["for everybody", [PUBLIC], []],
    ["unlisted", ["https://remote.example/users/anna/followers"], [PUBLIC]],
    ["that names nobody", [], []],
  ] as const) {
    it(`is not one ${what}: that is shown`, async () => {
      await boosts([...to], [...cc]);
      assert.deepEqual((await seen(/Anna/)).slice(0, 2), [true, true]);
      assert.deepEqual([await counted(), await own(anna)], [1, 1]);
    });
  }
});
