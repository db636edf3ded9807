import assert from "node:assert/strict";
import type { ActorRow } from "../../src/database/rows.ts";
import { findToken, revokeToken } from "../../src/domain/tokens.ts";
import { listedMethods, type ListedMethod } from "./support/reference.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";
import { storeBoost, storePost } from "./support/stored.ts";

const SCOPES = "read write follow push profile";
/** What comes with later versions than the one announced (collections, asynchronous refreshes) is 404 for everybody. */
const LATER = /\/(?:in_)?collections|\/async_refreshes/;
/** There are no announcements, so none is left to be dismissed. Hashtags have names for ids. */
const BEARING = /^\/api\/v1\/(?:announcements|tags)\//;
/** Methods of the API that answer once and in JSON; what is of tier 4 is not there for anybody. */
const methods = listedMethods().filter(
  ({ path, tier }) =>
    tier <= 3 && path.startsWith("/api/") && !path.startsWith("/api/v1/streaming") && !LATER.test(path),
);
const isPersonal = ({ scope }: ListedMethod): boolean => /^(?:user|app|.*optional user)/.test(scope);

/**
 * Each method of the table, not only those that somebody thought of: called by those who may not, about things that are
 * not there, and with words of the wrong kind.
 */
describe("every method of the API", function () {
  this.timeout(120_000);
  let api: StartedApi;
  let blog: ActorRow;

  before(async function () {
    if (methods.length === 0) {
      console.log("      (skipped: the table of methods is not beside the repository)");
      return this.skip();
    }
    api = await startApi({
      accounts: [{ username: "blog" }, { username: "guest" }],
      api: { requestsPer5Minutes: 1_000_000 },
    });
    blog = await api.account();
  });
  after(() => api?.close());

  interface Answer {
    status: number;
    said: string;
  }
  let callers = 0;
  const call = async (
    method: ListedMethod,
    token: string | undefined,
    id: string,
    given: Record<string, unknown> = {},
  ): Promise<Answer> => {
    callers += 1;
    const path = method.path.replaceAll(/:\w+/g, encodeURIComponent(id));
    const query = new URLSearchParams();
    if (method.verb === "GET")
      for (const [name, value] of Object.entries(given))
        query.append(name, (typeof value === "string" ? value : JSON.stringify(value)).slice(0, 200));
    const response = await fetch(`${api.origin}${path}?${query.toString()}`, {
      method: method.verb,
      headers: {
        "content-type": "application/json",
        // Budgets of addresses are not what is looked at.
        "x-forwarded-for": `10.7.${(callers >> 8) % 256}.${callers % 256}`,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(method.verb === "GET" ? {} : { body: JSON.stringify(given) }),
    });
    const text = await response.text();
    const said = `${method.verb} ${path} ${JSON.stringify(given).slice(0, 200)} → ${response.status} ${text.slice(0, 300)}`;
    assert.ok(response.status < 500, said);
    assert.match(response.headers.get("content-type") ?? "", /^application\/json/, said);
    const body = JSON.parse(text) as unknown;
    if (response.status >= 400) assert.equal(typeof (body as { error?: unknown }).error, "string", said);
    assert.doesNotMatch(text, /MongoServerError|CastError|at .*\.ts:\d/, said);
    return { status: response.status, said };
  };
  /** Calls each, and tells of all that answered wrongly at once. */
  const each = async (
    chosen: readonly ListedMethod[],
    wrong: (method: ListedMethod) => Promise<string | undefined>,
  ): Promise<void> => {
    assert.ok(chosen.length > 0);
    const problems: string[] = [];
    for (const method of chosen) {
      const problem = await wrong(method);
      if (problem !== undefined) problems.push(problem);
    }
    assert.deepEqual(problems, []);
  };
  const mustBe = (answer: Answer, ...statuses: number[]): string | undefined =>
    statuses.includes(answer.status) ? undefined : answer.said;

  it("that is somebody's is closed to strangers (401)", () =>
    each(
      methods.filter(({ scope, path }) => scope.startsWith("user") && path !== "/api/v1/search"),
      async (method) => mustBe(await call(method, undefined, "1"), 401),
    ));

  it("is closed to a token that was revoked (401)", async () => {
    const token = await api.tokenFor(blog, SCOPES);
    const held = await findToken(api.site, token);
    assert.ok(held);
    await revokeToken(api.site, held.token);
    await each(methods.filter(isPersonal), async (method) => mustBe(await call(method, token, "1"), 401));
  });

  it("is closed to a token whose scopes are too small (403)", async () => {
    const [push, lists] = [await api.tokenFor(blog, "push"), await api.tokenFor(blog, "read:lists")];
    await each(
      methods.filter(({ scope }) => /^user \S/.test(scope) && scope !== "user read:lists"),
      async (method) => mustBe(await call(method, method.scope === "user push" ? lists : push, "1"), 403),
    );
  });

  it("knows nothing of ids of nobody (404)", async () => {
    const token = await api.tokenFor(blog, SCOPES);
    await each(
      methods.filter(({ path }) => /:(?:\w+_)?id\b/.test(path) && !BEARING.test(path)),
      async (method) => {
        for (const id of ["1", "999999999999999", "9".repeat(30), "nonsense", "-1", "1e3", "0x1", "\0"]) {
          const problem = mustBe(await call(method, token, id), 404);
          if (problem !== undefined) return problem;
        }
        return undefined;
      },
    );
  });

  it("that is about a status says of one that may not be seen what it says of none (404)", async () => {
    const token = await api.tokenFor(blog, SCOPES);
    const secret = await storePost(api.site, await api.account("guest"), { visibility: "direct" });
    const boosted = await storeBoost(api.site, await api.account("guest"), secret);
    await each(
      methods.filter(({ path }) => path.startsWith("/api/v1/statuses/:id")),
      async (method) =>
        mustBe(await call(method, token, String(secret._id)), 404) ??
        mustBe(await call(method, token, String(boosted._id)), 404),
    );
  });

  it("that lists takes any limit for one between the least and the most", async () => {
    const token = await api.tokenFor(blog, SCOPES);
    await each(
      methods.filter(
        ({ verb, path, parameters }) => verb === "GET" && !path.includes(":") && parameters.includes("limit"),
      ),
      async (method) => {
        for (const limit of ["-1", "0", "-9999999999999999999", "9".repeat(30), "1e9", "many", "0.5", ""]) {
          const given = { limit, offset: limit, q: "bread", url: `${api.origin}/@blog` };
          const problem = mustBe(await call(method, token, "1", given), 200);
          if (problem !== undefined) return problem;
        }
        return undefined;
      },
    );
  });

  it("lives with words of the wrong kind", async () => {
    const nested = JSON.parse(`${'{"a":'.repeat(15)}1${"}".repeat(15)}`) as object;
    const values = [
      {},
      [],
      [[null], { $gt: "" }],
      JSON.parse('{"$ne":null,"__proto__":{"admin":true},"constructor":1}') as object,
      null,
      true,
      -1,
      1e300,
      "",
      "\0",
      "9".repeat(400),
      "é\u202E💥".repeat(3000),
      nested,
    ];
    await each(methods, async (method) => {
      // Of its own: budgets of uploads and deletions are not what is looked at.
      const token = await api.tokenFor(blog, SCOPES);
      for (const value of values) {
        const given = Object.fromEntries(method.parameters.map((name) => [name.replace(/\[.*$/, ""), value]));
        await call(method, token, "1", given);
      }
      return undefined;
    });
    assert.ok(await api.account(), "the account stands as before");
  });
});
