import type { ActorView, PostView } from "../../src/documents/views.ts";
import { Urls } from "../../src/support/urls.ts";

export const urls = new Urls("https://blog.example");
export const PEM = `-----BEGIN PUBLIC KEY-----\n${"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A".repeat(12)}\n-----END PUBLIC KEY-----\n`;
export const key = { id: "https://blog.example/ap/accounts/blog#main-key", pem: PEM };
export const author = { username: "blog", uri: "https://blog.example/ap/accounts/blog" };
export const groupUri = "https://blog.example/ap/accounts/magazine";

export function account(more: Partial<ActorView> = {}): ActorView {
  return {
    uri: author.uri,
    type: "Person",
    username: "blog",
    host: "blog.example",
    name: "The Example Blog",
    summary: "<p>Bread, mostly.</p>",
    summarySource: "Bread, mostly.",
    url: "https://blog.example/@blog",
    icon: { type: "Image", url: "https://blog.example/icon.png", mediaType: "image/png", alt: "A loaf" },
    image: { type: "Image", url: "https://blog.example/header.jpg" },
    fields: [{ name: "Shop", value: '<a href="https://shop.example" rel="me">shop.example</a>' }],
    alsoKnownAs: ["https://old.example/users/blog"],
    discoverable: true,
    indexable: false,
    manuallyApprovesFollowers: false,
    inbox: "https://blog.example/ap/accounts/blog/inbox",
    outbox: "https://blog.example/ap/accounts/blog/outbox",
    sharedInbox: "https://blog.example/ap/inbox",
    followersUri: "https://blog.example/ap/accounts/blog/followers",
    followingUri: "https://blog.example/ap/accounts/blog/following",
    featuredUri: "https://blog.example/ap/accounts/blog/featured",
    publishedAt: new Date("2024-01-01T00:00:00Z"),
    ...more,
  };
}

/** An Article with everything that an Article can have. */
export function article(more: Partial<PostView> = {}): PostView {
  return {
    _id: 4711,
    uri: "https://blog.example/ap/posts/4711",
    url: "https://blog.example/posts/rye",
    type: "Article",
    title: "Rye & wheat",
    content: "<p>Rye is <em>heavier</em>.</p>",
    source: { text: "Rye is *heavier*.", mediaType: "text/markdown" },
    excerpt: "Rye is heavier.",
    sensitive: false,
    language: "en",
    visibility: "public",
    mentions: [
      { handle: "alice@remote.example", uri: "https://remote.example/users/alice" },
      { handle: "nobody@gone.example" },
    ],
    hashtags: ["Rye", "Brot"],
    image: {
      type: "Image",
      url: "https://blog.example/rye.jpg",
      alt: "A dark loaf",
      width: 1200,
      height: 800,
      blurhash: "UBL_:rOpGG-oBUNG,qRj2so|=eE1w^n4S5NH",
      focus: { x: 0, y: 0.5 },
    },
    attachments: [{ type: "Image", url: "https://blog.example/crumb.png", mediaType: "image/png" }],
    publishedAt: new Date("2026-03-01T10:00:00Z"),
    likesCount: 3,
    boostsCount: 2,
    repliesCount: 1,
    ...more,
  };
}

export function note(more: Partial<PostView> = {}): PostView {
  const { title: _, image: __, ...rest } = article();
  return { ...rest, type: "Note", ...more };
}
