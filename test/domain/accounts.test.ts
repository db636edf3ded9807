import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { signerOf, siteSigner } from "../../src/database/signers.ts";
import {
  accountKey,
  authorAccount,
  ensureAccount,
  ensureAccounts,
  localAccount,
  localAccounts,
  siteActor,
} from "../../src/domain/accounts.ts";
import { InvalidInput } from "../../src/support/errors.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";

describe("accounts", () => {
  let made: HandMadeSite;
  beforeEach(async () => {
    made = await makeSite({
      accounts: [
        {
          username: "Blog",
          summary: "Bread, *mostly*.",
          fields: [{ name: "Site", value: "https://blog.example" }],
        },
      ],
    });
  });
  afterEach(() => made.close());

  it("declared in the options are there, found with any capitals, with a bio in clean HTML", async () => {
    const account = await localAccount(made.site, "bLOG");
    assert.equal(account?.username, "Blog");
    assert.equal(account?.name, "Blog");
    assert.equal(account?.uri, "https://blog.example/ap/accounts/Blog");
    assert.match(account?.summary ?? "", /<em>mostly<\/em>/);
    assert.match(account?.fields[0]?.value ?? "", /<a href="https:\/\/blog\.example/);
    assert.equal(await localAccount(made.site, "nobody"), null);
  });

  it("have an RSA key of 2048 bits, made once", async () => {
    const account = await made.account("blog");
    const { id, pem } = await accountKey(made.site, account._id);
    assert.equal(id, `${account.uri}#main-key`);
    assert.equal(createPublicKey(pem).asymmetricKeyDetails?.modulusLength, 2048);
    await ensureAccounts(made.site);
    assert.equal((await accountKey(made.site, account._id)).pem, pem);
    assert.equal((await signerOf(made.site.models, account._id)).keyId, id);
  });

  it("do not include the site's own actor, which no username reaches", async () => {
    assert.deepEqual(
      (await localAccounts(made.site)).map((account) => account.username),
      ["Blog"],
    );
    assert.equal(await localAccount(made.site, "*site"), null);
    assert.equal((await siteActor(made.site)).type, "Application");
    assert.equal((await siteSigner(made.site.models)).keyId, "https://blog.example/ap/actor#main-key");
  });

  it("are made once when ten processes start at once", async () => {
    await Promise.all(Array.from({ length: 10 }, () => ensureAccount(made.site, { username: "second" })));
    assert.equal(await made.site.models.actors.countDocuments({ localName: "second" }), 1);
    const account = await made.account("second");
    assert.equal(await made.site.models.keys.countDocuments({ _id: account._id }), 1);
  });

  it("send one Update for a changed profile, none for the same again", async () => {
    const profile = { username: "Blog", name: "Bread & Co", avatar: "https://blog.example/me.png" };
    const changed = await ensureAccount(made.site, profile);
    assert.equal(changed.name, "Bread & Co");
    assert.equal(changed.icon?.url, "https://blog.example/me.png");
    assert.equal(changed.summary, "");
    assert.deepEqual(
      changed.outgoing?.map((intent) => intent.type),
      ["Update"],
    );
    await made.site.models.actors.updateOne({ _id: changed._id }, { $unset: { outgoing: 1, outgoingAt: 1 } });
    assert.equal((await ensureAccount(made.site, profile)).outgoing, undefined);
    const bare = await ensureAccount(made.site, { username: "Blog", name: "Bread & Co" });
    assert.equal(bare.icon, undefined);
  });

  it("keep their name in its first spelling: others know them by their id", async () => {
    const again = await ensureAccount(made.site, { username: "BLOG", name: "Loud" });
    assert.equal(again.username, "Blog");
    assert.equal(again.uri, "https://blog.example/ap/accounts/Blog");
    assert.equal(await made.site.models.actors.countDocuments({ localName: "blog" }), 1);
  });

  it("with impossible names are refused", async () => {
    for (const username of ["", "a b", "../x", "ä", "x".repeat(31), "a@b"]) {
      await assert.rejects(ensureAccount(made.site, { username }), InvalidInput, username);
    }
  });

  it("are the author of what names none: the option, else the first", async () => {
    assert.equal((await authorAccount(made.site)).username, "Blog");
    await assert.rejects(authorAccount(made.site, "nobody"), /no account "nobody"/);
  });
});
