import assert from "node:assert/strict";
import {
  asArray,
  date,
  httpUrl,
  idOf,
  idsOf,
  isPublic,
  languageTag,
  localised,
  sameHost,
  text,
  typesOf,
} from "../../src/documents/read.ts";
import { readPageUrl } from "../../src/documents/read-url.ts";
import { readAttachments, readMedia } from "../../src/documents/read-media.ts";
import { readKeys } from "../../src/documents/read-keys.ts";

describe("reading loose shapes", () => {
  it("takes one, none, many, null and the empty string for a list", () => {
    assert.deepEqual(asArray(undefined), []);
    assert.deepEqual(asArray(null), []);
    assert.deepEqual(asArray(""), []);
    assert.deepEqual(asArray("a"), ["a"]);
    assert.deepEqual(asArray(["a", null, "", 0]), ["a", 0]);
  });

  it("looks at no more than a thousand elements of a list", () => {
    assert.equal(asArray(new Array(100_000).fill("a")).length, 1000);
  });

  it("finds an id in a string, an object, a link or a list of them, byte for byte", () => {
    assert.equal(idOf("https://a.example/x/"), "https://a.example/x/");
    assert.equal(idOf({ id: "https://a.example/%20#x" }), "https://a.example/%20#x");
    assert.equal(idOf({ type: "Link", href: "https://a.example" }), "https://a.example");
    assert.equal(idOf([{ id: "tag:a,b:c" }, "d"]), "tag:a,b:c");
    assert.deepEqual(idsOf(["a", { id: "b" }, 3, {}, null]), ["a", "b"]);
  });

  it("takes nothing else for an id", () => {
    for (const value of [
      4,
      true,
      {},
      { id: 4 },
      { id: null },
      "",
      [],
      `https://a.example/${"x".repeat(2100)}`,
    ])
      assert.equal(idOf(value), undefined);
  });

  it("reads type as one or many", () => {
    assert.deepEqual(typesOf({ type: "Note" }), ["Note"]);
    assert.deepEqual(typesOf({ type: ["Note", "Article", 3] }), ["Note", "Article"]);
    assert.deepEqual(typesOf("Note"), []);
  });

  it("knows the three spellings of Public and no fourth", () => {
    for (const name of ["https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"])
      assert.ok(isPublic(name));
    for (const name of ["public", "https://www.w3.org/ns/activitystreams#public", "as:public", ""])
      assert.ok(!isPublic(name));
  });

  it("takes only http and https addresses", () => {
    assert.equal(httpUrl("https://a.example/"), "https://a.example/");
    for (const value of [
      "javascript:alert(1)",
      "data:text/html,x",
      "//a.example",
      "/x",
      "https://",
      "ftp://a.example",
      3,
    ])
      assert.equal(httpUrl(value), undefined);
  });

  it("compares hosts with their ports", () => {
    assert.ok(sameHost("https://a.example/x", "https://A.example/y"));
    assert.ok(!sameHost("https://a.example/x", "https://a.example.evil.example/x"));
    assert.ok(!sameHost("https://a.example/x", "https://a.example:8443/x"));
    assert.ok(!sameHost("https://a.example@evil.example/", "https://a.example/"));
    assert.ok(!sameHost("nonsense", "nonsense"));
  });

  it("reads the times that servers write", () => {
    const expected = "2024-03-01T12:00:00.000Z";
    for (const value of [
      "2024-03-01T12:00:00Z",
      "2024-03-01T13:00:00+01:00",
      "2024-03-01T13:00:00+0100",
      "2024-03-01T12:00:00",
      "2024-03-01 12:00:00Z",
      "2024-03-01T12:00:00.000000Z",
      "2024-03-01T12:00Z",
    ])
      assert.equal(date(value)?.toISOString(), expected, value);
    assert.equal(date("2024-03-01T12:00:00.123456Z")?.toISOString(), "2024-03-01T12:00:00.123Z");
    assert.equal(date("2024-03-01")?.toISOString(), "2024-03-01T00:00:00.000Z");
  });

  it("reads no time out of anything else", () => {
    for (const value of [
      "",
      "yesterday",
      "SCRUBBED_DATE",
      1709294400,
      "2024-13-01T00:00:00Z",
      "1",
      null,
      "9".repeat(99),
    ])
      assert.equal(date(value), undefined);
  });

  it("takes blank and zero-width text for none", () => {
    for (const value of ["", "  ", "\u200b", "\ufeff \u2060", null, 3])
      assert.equal(text(value, 10), undefined);
    assert.equal(text(" \u200bspoiler ", 100), "spoiler");
    assert.equal(text("abcdef", 3), "abc");
    // A megabyte of blanks inside: looked for at the end from each of them, they would stop the process for hours.
    assert.equal(text(`a${" ".repeat(1_000_000)}b`, 3), "a  ");
  });

  it("finds the language of a text by the entry that equals it, or by the first", () => {
    const map = { en: "hello", de: "hallo" };
    assert.deepEqual(localised({ content: "hallo", contentMap: map }, "content"), {
      text: "hallo",
      language: "de",
    });
    assert.deepEqual(localised({ contentMap: map }, "content"), { text: "hello", language: "en" });
    assert.deepEqual(localised({ content: "x" }, "content"), { text: "x" });
    assert.deepEqual(localised({ contentMap: { "de-419-DE": "y" } }, "content"), { text: "y" });
    assert.deepEqual(localised({ content: 4, contentMap: [1] }, "content"), {});
  });

  it("knows a language tag when it sees one", () => {
    for (const tag of ["en", "pt-BR", "zh-Hant-TW", "es-419"]) assert.equal(languageTag(tag), tag);
    for (const tag of ["und", "english", "de-419-DE", "", 3, "x".repeat(1000)])
      assert.equal(languageTag(tag), undefined);
  });

  it("prefers the page among several addresses", () => {
    const links = [
      { type: "Link", mediaType: "video/mp4", href: "https://a.example/v.mp4" },
      { type: "Link", mediaType: "text/html", href: "https://a.example/v" },
    ];
    assert.equal(readPageUrl(links), "https://a.example/v");
    assert.equal(readPageUrl(links[0]), "https://a.example/v.mp4");
    assert.equal(readPageUrl(["javascript:alert(1)", "https://a.example/p"]), "https://a.example/p");
    assert.equal(readPageUrl({ href: "data:x" }), undefined);
  });
});

describe("reading media", () => {
  it("reads a picture with everything that is known of it", () => {
    assert.deepEqual(
      readMedia({
        type: "Document",
        mediaType: "image/PNG",
        url: "https://a.example/p.png",
        name: "A loaf",
        width: 640,
        height: 480,
        blurhash: "UBL_:rOpGG-oBUNG,qRj2so|=eE1w^n4S5NH",
        focalPoint: [0.5, -0.25],
      }),
      {
        type: "Image",
        url: "https://a.example/p.png",
        mediaType: "image/png",
        alt: "A loaf",
        width: 640,
        height: 480,
        blurhash: "UBL_:rOpGG-oBUNG,qRj2so|=eE1w^n4S5NH",
        focus: { x: 0.5, y: -0.25 },
      },
    );
  });

  it("leaves out what is out of bounds", () => {
    assert.deepEqual(
      readMedia({
        type: "Image",
        url: "https://a.example/p",
        mediaType: "<script>",
        width: -1,
        height: 1.5,
        blurhash: "x",
        focalPoint: [7, 0],
        name: null,
      }),
      { type: "Image", url: "https://a.example/p" },
    );
  });

  it("takes the widest of several sizes, and a bare address", () => {
    const icons = [
      { type: "Image", url: "https://a.example/48.png", width: 48 },
      { type: "Image", url: "https://a.example/120.png", width: 120 },
    ];
    assert.equal(readMedia(icons)?.url, "https://a.example/120.png");
    assert.deepEqual(readMedia("https://a.example/a.png"), { type: "Image", url: "https://a.example/a.png" });
    assert.equal(readMedia({ type: "Image", url: "javascript:alert(1)" }), undefined);
  });

  it("reads links inside url, and the alternative text of old GoToSocial", () => {
    const [video] = readAttachments([
      {
        type: "Video",
        url: [{ type: "Link", href: "https://a.example/v.mp4", mediaType: "video/mp4" }],
        summary: "waves",
      },
    ]);
    assert.deepEqual(video, {
      type: "Video",
      url: "https://a.example/v.mp4",
      mediaType: "video/mp4",
      alt: "waves",
    });
  });

  it("takes neither page links nor profile fields for files, no file twice, and 32 at most", () => {
    const picture = { type: "Image", url: "https://a.example/1.png" };
    const found = readAttachments([
      { type: "Link", href: "https://a.example/page" },
      { type: "PropertyValue", name: "a", value: "b" },
      picture,
      picture,
      "https://a.example/bare",
    ]);
    assert.deepEqual(found, [picture]);
    const many = Array.from({ length: 500 }, (_, at) => ({
      type: "Image",
      url: `https://a.example/${at}.png`,
    }));
    assert.equal(readAttachments(many).length, 32);
  });
});

describe("reading keys", () => {
  const pem = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n";
  const actor = "https://a.example/u";

  it("reads one key, several, and a key that is only pointed to", () => {
    assert.deepEqual(
      readKeys({ id: actor, publicKey: { id: `${actor}#main-key`, owner: actor, publicKeyPem: pem } }),
      [{ id: `${actor}#main-key`, owner: actor, pem }],
    );
    assert.equal(readKeys({ id: actor, publicKey: [{ id: `${actor}#1` }, { id: `${actor}#2` }] }).length, 2);
    assert.deepEqual(readKeys({ id: actor, publicKey: `${actor}/key` }), [
      { id: `${actor}/key`, owner: actor },
    ]);
  });

  it("reads a bare key document", () => {
    const key = { id: `${actor}/key`, type: "Key", owner: actor, publicKeyPem: pem };
    assert.deepEqual(readKeys(key), [{ id: `${actor}/key`, owner: actor, pem }]);
  });

  it("takes only public keys of bearable length", () => {
    const withPem = (publicKeyPem: unknown): unknown => ({
      id: actor,
      publicKey: { id: `${actor}#k`, publicKeyPem },
    });
    for (const bad of ["", "x", 3, pem.replaceAll("PUBLIC", "PRIVATE"), pem + "x".repeat(6000)])
      assert.equal(readKeys(withPem(bad))[0]?.pem, undefined);
    assert.ok(readKeys(withPem(pem.replaceAll("PUBLIC", "RSA PUBLIC")))[0]?.pem);
  });

  it("finds none where there are none", () => {
    for (const doc of [null, "x", [], {}, { id: actor, publicKey: 5 }, { publicKey: {} }])
      assert.deepEqual(readKeys(doc), []);
  });
});
