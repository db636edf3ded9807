import assert from "node:assert/strict";
import jsonld from "jsonld";
import { composeActivity } from "../../src/documents/compose-activity.ts";
import { composeActor } from "../../src/documents/compose-actor.ts";
import { composePost } from "../../src/documents/compose-post.ts";
import { account, article, author, groupUri, key, urls } from "./samples.ts";

/* eslint-disable @typescript-eslint/no-explicit-any -- expanded JSON-LD has no shape of its own */

const AS = "https://www.w3.org/ns/activitystreams#";

/** The two contexts that ours names, cut down to the terms we use; nothing is fetched. */
const link = (name: string) => ({ "@id": `as:${name}`, "@type": "@id" });
const time = (name: string) => ({ "@id": `as:${name}`, "@type": "xsd:dateTime" });
const plain = (...names: string[]) => Object.fromEntries(names.map((name) => [name, `as:${name}`]));
const links = (...names: string[]) => Object.fromEntries(names.map((name) => [name, link(name)]));
const CONTEXTS: Record<string, object> = {
  "https://www.w3.org/ns/activitystreams": {
    "@vocab": "_:",
    as: AS,
    xsd: "http://www.w3.org/2001/XMLSchema#",
    ldp: "http://www.w3.org/ns/ldp#",
    id: "@id",
    type: "@type",
    ...plain("Person", "Create", "Article", "Note", "Image", "Mention", "Collection", "CollectionPage"),
    ...plain(
      "name",
      "summary",
      "content",
      "mediaType",
      "width",
      "height",
      "totalItems",
      "preferredUsername",
      "endpoints",
    ),
    contentMap: { "@id": "as:content", "@container": "@language" },
    ...links(
      "actor",
      "object",
      "to",
      "cc",
      "attributedTo",
      "url",
      "href",
      "inReplyTo",
      "context",
      "tag",
      "attachment",
    ),
    ...links(
      "icon",
      "image",
      "preview",
      "replies",
      "likes",
      "shares",
      "first",
      "next",
      "partOf",
      "items",
      "source",
    ),
    ...links("outbox", "following", "followers", "sharedInbox"),
    inbox: { "@id": "ldp:inbox", "@type": "@id" },
    published: time("published"),
    updated: time("updated"),
  },
  "https://w3id.org/security/v1": {
    id: "@id",
    type: "@type",
    sec: "https://w3id.org/security#",
    publicKey: { "@id": "sec:publicKey", "@type": "@id" },
    owner: { "@id": "sec:owner", "@type": "@id" },
    publicKeyPem: "sec:publicKeyPem",
  },
};

const documentLoader = (url: string) => {
  const context = CONTEXTS[url];
  if (!context) return Promise.reject(new Error(`${url} would have to be fetched`));
  return Promise.resolve({ contextUrl: undefined, documentUrl: url, document: { "@context": context } });
};

async function expand(doc: unknown): Promise<any> {
  const [expanded] = await jsonld.expand(JSON.parse(JSON.stringify(doc)), { documentLoader } as object);
  return expanded;
}

/** Every property name in a tree, to find those that mean nothing. */
function names(value: any): string[] {
  if (Array.isArray(value)) return value.flatMap(names);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...names(inner)]);
}
const meaningless = (expanded: any): string[] => names(expanded).filter((name) => name.startsWith("_:"));

describe("our documents as JSON-LD", () => {
  it("say about a post what we mean", async () => {
    const object: any = composePost(urls, article({ warning: "flour", sensitive: true }), {
      ...author,
      groupUri,
    });
    const create = await expand(
      composeActivity({
        id: "https://blog.example/ap/activities/1",
        type: "Create",
        actor: author.uri,
        object,
        to: object.to,
        cc: object.cc,
        published: article().publishedAt,
      }),
    );
    assert.deepEqual(meaningless(create), []);
    assert.deepEqual(create["@type"], [`${AS}Create`]);
    const post = create[`${AS}object`][0];
    assert.deepEqual(post["@type"], [`${AS}Article`]);
    assert.deepEqual(post[`${AS}attributedTo`], [{ "@id": author.uri }, { "@id": groupUri }]);
    assert.deepEqual(post[`${AS}to`], [{ "@id": `${AS}Public` }]);
    assert.deepEqual(post[`${AS}content`], [
      { "@value": "<p>Rye is <em>heavier</em>.</p>" },
      { "@value": "<p>Rye is <em>heavier</em>.</p>", "@language": "en" },
    ]);
    assert.deepEqual(post[`${AS}sensitive`], [{ "@value": true }]);
    assert.deepEqual(post["http://purl.org/dc/terms/subject"], [{ "@value": "flour" }]);
    assert.deepEqual(post[`${AS}tag`][0]["@type"], [`${AS}Hashtag`]);
    const [image] = post[`${AS}image`];
    assert.deepEqual(image["http://joinmastodon.org/ns#focalPoint"], [
      { "@list": [{ "@value": 0 }, { "@value": 0.5 }] },
    ]);
    assert.deepEqual(image["http://joinmastodon.org/ns#blurhash"], [{ "@value": article().image?.blurhash }]);
    const gts = "https://gotosocial.org/ns#";
    assert.deepEqual(post[`${gts}interactionPolicy`][0][`${gts}canQuote`][0][`${gts}automaticApproval`], [
      { "@id": `${AS}Public` },
    ]);
    assert.deepEqual(post[`${AS}likes`][0][`${AS}totalItems`], [{ "@value": 3 }]);
    assert.deepEqual(post[`${AS}preview`][0]["@type"], [`${AS}Note`]);
  });

  it("say about an actor what we mean", async () => {
    const actor = await expand(composeActor(urls, account({ movedTo: "https://new.example/u" }), key));
    assert.deepEqual(meaningless(actor), []);
    const toot = "http://joinmastodon.org/ns#";
    assert.deepEqual(actor["http://www.w3.org/ns/ldp#inbox"], [{ "@id": account().inbox }]);
    assert.deepEqual(actor["https://w3id.org/security#publicKey"][0]["https://w3id.org/security#owner"], [
      { "@id": author.uri },
    ]);
    assert.deepEqual(actor[`${AS}alsoKnownAs`], [{ "@id": "https://old.example/users/blog" }]);
    assert.deepEqual(actor[`${AS}movedTo`], [{ "@id": "https://new.example/u" }]);
    assert.deepEqual(actor[`${AS}manuallyApprovesFollowers`], [{ "@value": false }]);
    assert.deepEqual(actor[`${toot}discoverable`], [{ "@value": true }]);
    assert.deepEqual(actor[`${toot}indexable`], [{ "@value": false }]);
    assert.deepEqual(actor[`${toot}featured`], [{ "@id": account().featuredUri }]);
    assert.deepEqual(actor["https://purl.archive.org/socialweb/webfinger#webfinger"], [
      { "@value": "blog@blog.example" },
    ]);
    const [field] = actor[`${AS}attachment`];
    assert.deepEqual(field["@type"], ["http://schema.org#PropertyValue"]);
    assert.equal(field["http://schema.org#value"][0]["@value"], account().fields[0]?.value);
  });
});
