import assert from "node:assert/strict";
import { loadPictureSecret, pictureAddress, proxied, unproxied } from "../../src/domain/media.ts";
import type { Site } from "../../src/site.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";

const PICTURE = "https://remote.example/a b/cat.png?size=1&x=<y>";

describe("addresses of pictures", () => {
  let made: HandMadeSite;
  let site: Site;
  before(async () => {
    made = await makeSite();
    site = made.site;
  });
  after(() => made.close());

  const parts = (address: string): [string, string] => {
    const [signature = "", encoded = ""] = address.split("/fediverse/media/")[1]?.split("/") ?? [];
    return [signature, encoded];
  };

  it("lead to this site and back to the picture", async () => {
    const address = await proxied(site, PICTURE);
    assert.match(address, /^https:\/\/blog\.example\/fediverse\/media\/[\w-]{22}\/[\w-]+$/);
    assert.equal(unproxied(site, ...parts(address)), PICTURE);
  });

  it("stay as they are for our own pictures", async () => {
    assert.equal(await proxied(site, "https://blog.example/a.png"), "https://blog.example/a.png");
    assert.match(await proxied(site, "https://blog.example.evil.example/a.png"), /\/fediverse\/media\//);
  });

  it("are the same in every process of the site, and after a restart", async () => {
    const other: Site = { ...site };
    await loadPictureSecret(other);
    assert.equal(pictureAddress(other, PICTURE), pictureAddress(site, PICTURE));
  });

  it("have one secret, however many processes start at once", async () => {
    const fresh = await makeSite();
    const sites = Array.from({ length: 8 }, (): Site => ({ ...fresh.site }));
    const addresses = await Promise.all(sites.map((one) => proxied(one, PICTURE)));
    assert.equal(new Set(addresses).size, 1);
    await fresh.close();
  });

  it("are signed with another secret on every site", async () => {
    const other = await makeSite();
    const [signature] = parts(await proxied(other.site, PICTURE));
    const [ours, encoded] = parts(await proxied(site, PICTURE));
    assert.notEqual(signature, ours);
    assert.equal(unproxied(site, signature, encoded), undefined);
    await other.close();
  });

  it("are known to be forged", async () => {
    const [signature, encoded] = parts(await proxied(site, PICTURE));
    const elsewhere = Buffer.from("http://127.0.0.1/admin").toString("base64url");
    const flipped = signature.startsWith("A") ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
    for (const [given, url] of [
      [signature, elsewhere],
      [flipped, encoded],
      ["", encoded],
      ["A".repeat(22), encoded],
      [signature.slice(0, -2), encoded],
      [signature, ""],
      [signature, "A".repeat(100_000)],
      ["%00", "%00"],
    ] as const)
      assert.equal(unproxied(site, given, url), undefined, `${given.slice(0, 30)} ${url.slice(0, 30)}`);
  });

  it("never lead to what is no http address, signed or not", async () => {
    for (const url of ["javascript:alert(1)", "file:///etc/passwd", "data:image/png;base64,AA", "not a url"])
      assert.equal(unproxied(site, ...parts(await proxied(site, url))), undefined, url);
  });
});
