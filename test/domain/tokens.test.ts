import assert from "node:assert/strict";
import { registerApp } from "../../src/domain/apps.ts";
import { covers, coversAll, parseScopes, SCOPES } from "../../src/domain/scopes.ts";
import {
  connectedApps,
  disconnectApp,
  findToken,
  giveToken,
  onRevocation,
  revokeToken,
} from "../../src/domain/tokens.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { freshDatabase } from "../support/store.ts";
import { TestClock } from "../support/test-clock.ts";

describe("tokens", () => {
  const clock = new TestClock();
  /** Two processes of one site, as far as tokens can tell. */
  let here: HandMadeSite;
  let there: HandMadeSite;

  beforeEach(async () => {
    const database = await freshDatabase();
    here = await makeSite({ clock, database });
    there = await makeSite({ clock, database });
  });
  afterEach(async () => {
    await here.close();
    await there.close();
  });

  const give = async (scopes = "read") => {
    const { app } = await registerApp(here.site, { name: "Reader", redirectUris: ["x://y"], scopes });
    return { app, ...(await giveToken(here.site, app, app.scopes, await here.account("blog"))) };
  };

  it("end at once where they are revoked, and within ten seconds in every other process", async () => {
    const { token, secret } = await give();
    for (const { site } of [here, there]) assert.equal((await findToken(site, secret))?.token._id, token._id);
    await revokeToken(here.site, token);
    assert.equal(await findToken(here.site, secret), null);
    assert.notEqual(await findToken(there.site, secret), null, "the other one remembers");
    clock.advance(10_001);
    assert.equal(await findToken(there.site, secret), null);
  });

  it("are not remembered by a look that a revocation overtook", async () => {
    const { token, secret } = await give();
    const { apps } = here.site.models;
    const findById = apps.findById.bind(apps);
    // Between the look at the token and the look at its app.
    (apps as { findById: unknown }).findById = (...given: Parameters<typeof findById>) => ({
      lean: async () => {
        await revokeToken(here.site, token);
        return findById(...given).lean();
      },
    });
    await findToken(here.site, secret);
    (apps as { findById: unknown }).findById = findById;
    assert.equal(await findToken(here.site, secret), null);
  });

  it("tell listeners that they end, so that streams can end with them", async () => {
    const { token } = await give();
    const ended: number[] = [];
    const stop = onRevocation(here.site, (id) => ended.push(id));
    await revokeToken(here.site, token);
    stop();
    await revokeToken(here.site, (await give()).token);
    assert.deepEqual(ended, [token._id]);
  });

  it("of one app end together, for one account", async () => {
    const { app, secret } = await give("read write");
    const account = await here.account("blog");
    const second = await giveToken(here.site, app, ["read"], account);
    clock.advance(1);
    const other = await give();
    const [newest, connected] = await connectedApps(here.site, account._id);
    assert.deepEqual([newest?.app._id, connected?.app._id], [other.app._id, app._id]);
    assert.deepEqual([...(connected?.scopes ?? [])].sort(), ["read", "write"]);
    assert.equal(await disconnectApp(here.site, account._id + 1, app._id), 0);
    assert.equal(await disconnectApp(here.site, account._id, app._id), 2);
    for (const given of [secret, second.secret]) assert.equal(await findToken(here.site, given), null);
    assert.notEqual(await findToken(here.site, other.secret), null);
  });

  it("write down when they were used, once an hour at most", async () => {
    const { token, secret } = await give();
    let writes = 0;
    const { tokens } = here.site.models;
    const updateOne = tokens.updateOne.bind(tokens);
    (tokens as { updateOne: unknown }).updateOne = (...given: Parameters<typeof updateOne>) => {
      writes += 1;
      return updateOne(...given);
    };
    for (let n = 0; n < 10; n += 1) {
      await findToken(here.site, secret);
      await here.site.models.tokens.find({ lastUsedAt: clock.now() }).lean();
      clock.advance(11_000);
    }
    assert.equal(writes, 1);
    clock.advance(3_600_000);
    await findToken(here.site, secret);
    assert.equal(writes, 2);
    assert.ok(token._id);
  });
});

describe("scopes", () => {
  it("cover what is below them, and follow covers what it used to mean", () => {
    for (const [held, wanted, right] of [
      ["read", "read:statuses", true],
      ["read", "read", true],
      ["read:statuses", "read:statuses", true],
      ["read:statuses", "read", false],
      ["read:statuses", "read:lists", false],
      ["read", "write:statuses", false],
      ["write", "write:media", true],
      ["follow", "write:follows", true],
      ["follow", "read:mutes", true],
      ["follow", "follow", true],
      ["follow", "write:statuses", false],
      ["follow", "read:statuses", false],
      ["write:follows", "follow", false],
      ["read write follow", "push", false],
      ["read", "profile", false],
      ["admin:read", "admin:read:accounts", true],
      ["read", "admin:read", false],
      ["read", "reader:statuses", false],
      ["", "read", false],
    ] as const)
      assert.equal(covers(held.split(" ").filter(Boolean), wanted), right, `${held} covers ${wanted}`);
    assert.equal(coversAll(["read", "write:media"], ["read:lists", "write:media"]), true);
    assert.equal(coversAll(["read"], ["read:lists", "push"]), false);
  });

  it("are read however they are separated, and all of them or none", () => {
    assert.deepEqual(parseScopes(" read  write:media\nread+push "), ["read", "write:media", "push"]);
    assert.deepEqual(parseScopes(""), []);
    for (const wrong of ["everything", "read:everything", "READ", "read write everything", "__proto__"])
      assert.equal(parseScopes(wrong), undefined, wrong);
    assert.deepEqual(parseScopes(SCOPES.join(" ")), SCOPES);
  });
});
