import assert from "node:assert/strict";
import { beginAttempt, forgiveAttempts } from "../../src/domain/login-guard.ts";
import { checkPassword, setPassword } from "../../src/domain/logins.ts";
import { openSession, openSessions } from "../../src/domain/sessions.ts";
import { TestClock } from "../support/test-clock.ts";
import { BrowserPerson } from "./support/browser-person.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";

const PASSWORD = "a few words in a row";
const DESK = "/fediverse/desk/apps";

describe("the package's own login", function () {
  // Each login costs a quarter of a second of computing, more where other tests run beside it.
  this.timeout(120_000);
  let api: StartedApi;
  const clock = new TestClock(new Date());

  before(async () => {
    api = await startApi({ clock, accounts: [{ username: "blog" }, { username: "photos" }] });
    await setPassword(api.site, await api.account("blog"), PASSWORD);
  });
  after(() => api.close());

  let addresses = 0;
  const browser = () => new BrowserPerson(api.origin, { address: `10.7.0.${(addresses += 1)}` });

  it("opens with the account's name, whatever its capitals, or its handle", async () => {
    for (const name of ["blog", "BLOG", " @blog ", `@blog@${new URL(api.origin).host}`]) {
      const person = browser();
      const answer = await person.logIn(name, PASSWORD);
      assert.equal(answer.status, 303, name);
      assert.equal(answer.location, DESK);
      assert.match((await person.open(DESK)).html, /Connected apps/);
    }
  });

  it("does not open with a wrong password, another name, or one that has no password", async () => {
    for (const [name, password] of [
      ["blog", "wrong"],
      ["blog", ""],
      ["blog", `${PASSWORD} `],
      ["blog", PASSWORD.toUpperCase()],
      ["blog", "x".repeat(2000)],
      ["photos", PASSWORD],
      ["photos", ""],
      ["nobody", PASSWORD],
      ["*site", PASSWORD],
      ["", PASSWORD],
      ["$ne", PASSWORD],
      ["x".repeat(5000), PASSWORD],
    ] as const) {
      const person = browser();
      const answer = await person.logIn(name, password);
      assert.equal(answer.status, 422, name);
      assert.match(answer.html, /The name or the password is wrong/);
      assert.equal(person.cookies.has("fediverse"), false);
      assert.ok(!answer.html.includes(PASSWORD), "a password never comes back");
    }
  });

  it("knows the same characters in whatever way they are typed", async () => {
    const account = await api.account("photos");
    await setPassword(api.site, account, "Cafe\u0301 au lait");
    assert.equal((await checkPassword(api.site, "photos", "Caf\u00e9 au lait"))?._id, account._id);
    await api.site.models.logins.deleteOne({ _id: account._id });
  });

  it("takes no password that is too short or too long, and keeps none that can be read", async () => {
    const account = await api.account("blog");
    await assert.rejects(setPassword(api.site, account, "too short"), /at least 10/);
    await assert.rejects(setPassword(api.site, account, "x".repeat(1001)), /at most 1000/);
    const row = await api.site.models.logins.findById(account._id).lean();
    assert.match(row?.password ?? "", /^scrypt\$32768\$8\$3\$[A-Za-z0-9_-]{22}\$[A-Za-z0-9_-]{43}$/);
  });

  it("spends the same work on names that do not exist", async () => {
    const hashes = async (name: string): Promise<number> => {
      const before = process.cpuUsage().user;
      await checkPassword(api.site, name, "a wrong password");
      return process.cpuUsage(undefined).user - before;
    };
    const [known, unknown] = [await hashes("blog"), await hashes("nobody at all")];
    // Twenty milliseconds of computing: without the hash a name costs less than one.
    assert.ok(known > 20_000 && unknown > 20_000, `${known} and ${unknown} µs`);
  });

  it("needs its own form", async () => {
    const person = browser();
    const fields = (await person.open("/fediverse/login")).form().fields;
    const right = { username: "blog", password: PASSWORD };
    const post = async (more: Record<string, string>, headers: Record<string, string> = {}, who = person) =>
      (await who.post("/fediverse/login", { ...right, ...more }, headers)).status;
    assert.equal(await post({}), 403);
    assert.equal(await post({ form_token: "guess" }), 403);
    assert.equal(await post({ form_token: fields["form_token"] ?? "" }, {}, browser()), 403);
    const own = { form_token: fields["form_token"] ?? "" };
    assert.equal(await post(own, { "sec-fetch-site": "cross-site" }), 403);
    assert.equal(await post(own, { "sec-fetch-site": "same-origin" }), 303);
  });

  it("leads back to a question of ours and nowhere else", async () => {
    const way = "/oauth/authorize?client_id=x&state=%0A";
    assert.equal((await browser().logIn("blog", PASSWORD, way)).location, way);
    for (const elsewhere of [
      "https://evil.example/",
      "//evil.example/",
      "/\\evil.example/",
      "/oauth/authorize?x\r\nSet-Cookie: a=b",
      "/oauth/authorized?x",
      "/fediverse/login",
      "/@blog",
      "javascript:alert(1)",
    ])
      assert.equal((await browser().logIn("blog", PASSWORD, elsewhere)).location, DESK, elsewhere);
  });

  it("gives a cookie that no script reads and no other site sends, new at each login", async () => {
    const person = browser();
    const first = await person.logIn("blog", PASSWORD);
    const cookie = first.headers.getSetCookie().find((line) => line.startsWith("fediverse=")) ?? "";
    assert.match(cookie, /^fediverse=[A-Za-z0-9_-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax$/);
    const before = person.cookies.get("fediverse");
    await person.logIn("blog", PASSWORD);
    assert.notEqual(person.cookies.get("fediverse"), before);
    const thief = browser();
    thief.cookies.set("fediverse", before ?? "");
    assert.equal((await thief.open(DESK)).status, 303, "the session before has ended");
  });

  it("binds its cookie to the host on https", async () => {
    const secure = await startApi({ origin: "https://blog.example", allowPrivateNetwork: false });
    await setPassword(secure.site, await secure.account("blog"), PASSWORD);
    const person = new BrowserPerson(`http://localhost:${new URL(secure.origin).port}`);
    const answer = await person.logIn("blog", PASSWORD);
    const cookies = answer.headers.getSetCookie();
    assert.ok(
      cookies.some((line) => /^__Host-fediverse=[^;]+; Path=\/;.*; Secure$/.test(line)),
      cookies.join("\n"),
    );
    assert.ok([...person.cookies.keys()].every((name) => name.startsWith("__Host-")));
    assert.equal((await person.open(DESK)).status, 200);
    await secure.close();
  });

  it("ends by logging out, in the store, too", async () => {
    const person = browser();
    await person.logIn("blog", PASSWORD);
    const secret = person.cookies.get("fediverse") ?? "";
    const page = await person.open(DESK);
    assert.equal((await person.post("/fediverse/logout", {})).status, 403);
    const answer = await person.post("/fediverse/logout", page.form("/fediverse/logout").fields);
    assert.equal(answer.location, "/fediverse/login");
    assert.equal(person.cookies.has("fediverse"), false);
    assert.deepEqual(await openSessions(api.site, [secret]), []);
  });

  it("ends after thirty days, and everywhere when the password is changed", async () => {
    const account = await api.account("blog");
    const secret = await openSession(api.site, account);
    clock.advance(29 * 86_400_000);
    assert.equal((await openSessions(api.site, [secret])).length, 1);
    clock.advance(86_400_001);
    assert.equal((await openSessions(api.site, [secret])).length, 0);
    const another = await openSession(api.site, account);
    await setPassword(api.site, account, PASSWORD);
    assert.equal((await openSessions(api.site, [another])).length, 0);
  });

  it("makes nothing of cookies that others wrote", async () => {
    for (const value of [
      "",
      ".",
      "x",
      "%00",
      "a.b.c",
      "../..",
      "x".repeat(43),
      `${"y".repeat(43)}.`.repeat(100),
      "[$ne]=1",
    ]) {
      const person = browser();
      person.cookies.set("fediverse", value);
      person.cookies.set("fediverse-form", value);
      assert.equal((await person.open(DESK)).status, 303, value.slice(0, 50));
      assert.equal((await person.logIn("blog", PASSWORD)).status, 303);
    }
  });

  describe("makes guessing slow", () => {
    let guarded: StartedApi;
    beforeEach(async () => {
      guarded = await startApi();
    });
    afterEach(() => guarded.close());

    /** Attempts in a row that were let through. */
    const letThrough = async (attempts: [address: string, username: string][]): Promise<number> => {
      const waits: number[] = [];
      for (const [address, username] of attempts)
        waits.push(await beginAttempt(guarded.site, address, username));
      return waits.filter((wait) => wait === 0).length;
    };
    const times = (n: number, one: (at: number) => [string, string]) =>
      Array.from({ length: n }, (_, at) => one(at));

    it("at the login form, and tells how long to wait", async () => {
      await setPassword(guarded.site, await guarded.account("blog"), PASSWORD);
      const person = new BrowserPerson(guarded.origin, { address: "10.6.0.1" });
      for (let n = 0; n < 8; n += 1) assert.equal((await person.logIn("blog", `guess ${n}`)).status, 422);
      const answer = await person.logIn("blog", PASSWORD);
      assert.equal(answer.status, 429);
      assert.ok(Number(answer.headers.get("retry-after")) > 60);
      assert.match(answer.html, /Too many tries/);
      const owner = new BrowserPerson(guarded.origin, { address: "10.6.0.2" });
      assert.equal((await owner.logIn("blog", PASSWORD)).status, 303, "somebody else is not locked out");
    });

    it("for one address and one account, in whatever capitals, whether it exists or not", async () => {
      const spell = (at: number): string => (at % 2 === 0 ? "Blog" : " blog");
      assert.equal(await letThrough(times(20, (at) => ["10.6.0.1", spell(at)])), 8);
      assert.equal(await letThrough(times(20, () => ["10.6.0.2", "nobody"])), 8);
    });

    it("for one address and many accounts", async () => {
      assert.equal(await letThrough(times(60, (at) => ["10.6.0.3", `name${at}`])), 24);
    });

    it("for one account from everywhere", async () => {
      assert.equal(await letThrough(times(300, (at) => [`10.5.${at}.1`, "blog"])), 120);
    });

    it("for one account from everywhere, but not where its owner has logged in before", async () => {
      assert.equal(await beginAttempt(guarded.site, "10.6.0.6", "blog"), 0);
      await forgiveAttempts(guarded.site, "10.6.0.6", "Blog");
      await letThrough(times(200, (at) => [`10.5.${at}.1`, "blog"]));
      assert.ok((await beginAttempt(guarded.site, "10.6.0.7", "blog")) > 0);
      assert.equal(await letThrough(times(20, () => ["10.6.0.6", "blog"])), 8);
    });

    it("also when the guesses come all at once", async () => {
      const waits = await Promise.all(
        Array.from({ length: 50 }, () => beginAttempt(guarded.site, "10.6.0.4", "blog")),
      );
      assert.equal(waits.filter((wait) => wait === 0).length, 8);
    });

    it("but forgives whoever gets it right in the end", async () => {
      for (let round = 0; round < 10; round += 1) {
        assert.equal(await letThrough(times(2, () => ["10.6.0.5", "blog"])), 2);
        await forgiveAttempts(guarded.site, "10.6.0.5", "blog");
      }
    });
  });
});
