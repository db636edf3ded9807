import { Router, type Request, type Response } from "express";
import type { ActorRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { excerpt } from "../text/excerpt.ts";
import { accountOf, taggedPage } from "./addressed.ts";
import { jsonDocument, rssDocument, type Feed } from "./feed-documents.ts";
import { accountPage, type PostPage } from "./lists.ts";
import { personView } from "./people.ts";
import { sendFresh } from "./respond.ts";

/** `feed.xml` and `feed.json` of accounts and tags. */
export function feedRoutes(site: Site): Router {
  const router = Router();
  router.get("/@:username/:feed", async (request, response, next) => {
    const format = formatOf(request.params.feed);
    const account = format === undefined ? null : await accountOf(site, request);
    if (account === null || format === undefined) next();
    else sendFeed(request, response, format, await accountFeed(site, account, format, request));
  });
  router.get("/tags/:tag/:feed", async (request, response, next) => {
    const format = formatOf(request.params.feed);
    const page = format === undefined ? undefined : await taggedPage(site, request);
    if (page === undefined || format === undefined) next();
    else sendFeed(request, response, format, tagFeed(site, request.params.tag, page, format));
  });
  return router;
}

type Format = "xml" | "json";

function formatOf(name: unknown): Format | undefined {
  return name === "feed.xml" ? "xml" : name === "feed.json" ? "json" : undefined;
}

async function accountFeed(site: Site, account: ActorRow, format: Format, request: Request): Promise<Feed> {
  const person = personView(site, account);
  const summary = excerpt(account.summary, 300);
  const page = await accountPage(site, account, request.query);
  return {
    title: person.name,
    description: summary === "" ? `Posts by ${person.handle}` : summary,
    page: account.url,
    ...(account.icon === undefined ? {} : { icon: account.icon.url }),
    ...feedOf(site, site.urls.profilePage(account.username), page, format),
  };
}

function tagFeed(site: Site, tag: string, page: PostPage, format: Format): Feed {
  const here = site.urls.tagPage(tag);
  return {
    title: `#${tag} on ${site.urls.host}`,
    description: `Posts about #${tag}`,
    page: here,
    ...feedOf(site, here, page, format),
  };
}

function feedOf(
  site: Site,
  page: string,
  posts: PostPage,
  format: Format,
): Pick<Feed, "self" | "next" | "language" | "items"> {
  const self = `${page}/feed.${format}`;
  const { language } = site.options;
  return {
    self,
    ...(posts.older === undefined ? {} : { next: `${self}?before=${posts.older}` }),
    ...(language === undefined ? {} : { language }),
    items: posts.posts.map(({ row, view }) => ({
      id: row.uri,
      url: row.url,
      ...(view.title === undefined ? {} : { title: view.title }),
      // A feed reader shows the text at once: what is folded on the page is left for the page.
      html: view.warning === undefined ? row.content : "",
      summary: view.warning ?? view.excerpt,
      published: row.publishedAt,
      ...(row.updatedAt === undefined ? {} : { updated: row.updatedAt }),
      author: { name: view.author.name, url: view.author.url },
      tags: row.hashtags,
      ...(row.language === undefined ? {} : { language: row.language }),
      ...(row.image === undefined ? {} : { image: row.image.url }),
      attachments: row.attachments,
    })),
  };
}

function sendFeed(request: Request, response: Response, format: Format, feed: Feed): void {
  response.set({
    "Content-Type":
      format === "xml" ? "application/rss+xml; charset=utf-8" : "application/feed+json; charset=utf-8",
    "Cache-Control": "public, max-age=300",
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Allow-Origin": "*",
  });
  sendFresh(request, response, format === "xml" ? rssDocument(feed) : jsonDocument(feed));
}
