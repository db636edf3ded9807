import assert from "node:assert/strict";
import type { ApiClient } from "../support/api-client.ts";
import { startApi, type StartedApi } from "../support/start-api.ts";

describe("favourites and bookmarks", () => {
  let api: StartedApi;
  let client: ApiClient;
  const posted: string[] = [];

  before(async () => {
    api = await startApi();
    client = await api.client();
    for (let n = 0; n < 5; n += 1)
      posted.push((await client.post("/api/v1/statuses", { status: `Loaf ${n}` })).body.id as string);
  });
  after(() => api.close());

  for (const [path, action] of [
    ["/api/v1/favourites", "favourite"],
    ["/api/v1/bookmarks", "bookmark"],
  ] as const) {
    it(`${action}s are listed in the order in which they were given, page by page, until they end`, async () => {
      assert.deepEqual((await client.get(path)).body, []);
      const order = [2, 0, 4, 1, 3].map((at) => posted[at]);
      for (const id of order) await client.post(`/api/v1/statuses/${id ?? ""}/${action}`);
      const pages = await client.pages(path, { limit: 2 });
      const seen = pages.flatMap(({ body }) => (body as { id: string }[]).map(({ id }) => id));
      assert.deepEqual(seen, order.toReversed());
      assert.ok(pages.length <= 3);
      const above = await client.get(pages[1]?.link.prev ?? "");
      assert.deepEqual(
        above.body.map(({ id }: { id: string }) => id),
        order.slice(-2).toReversed(),
        "the page directly above",
      );
      assert.deepEqual((await client.get(pages[0]?.link.prev ?? "")).link, {}, "nothing above: no link");
      await client.post(`/api/v1/statuses/${order[0] ?? ""}/un${action}`);
      assert.equal((await client.get(path)).body.length, 4);
    });

    it(`${action}s are nobody else's, and need a scope`, async () => {
      await api.stranger().get(path, {}, { expect: 401 });
      await (await api.client("blog", "read:accounts")).get(path, {}, { expect: 403 });
    });
  }

  it("deleted posts are no longer in them", async () => {
    const before = (await client.get("/api/v1/bookmarks")).body.length as number;
    await client.delete(`/api/v1/statuses/${posted[4] ?? ""}`);
    assert.equal((await client.get("/api/v1/bookmarks")).body.length, before - 1);
  });
});
