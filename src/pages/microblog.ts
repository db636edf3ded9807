import { Router, type Request, type Response } from "express";
import type { ActorRow, PostRow } from "../database/rows.ts";
import { pictureAddress } from "../domain/media.ts";
import { postById } from "../domain/find-post.ts";
import { isOpen, seenByAnyone } from "../domain/visibility.ts";
import type { Site } from "../site.ts";
import { parseId } from "../support/ids.ts";
import { normaliseTag } from "../text/hashtags.ts";
import { ACTIVITY_TYPE, feedLinks, feedsOf, openGraph, postHead, profileHead } from "./head.ts";
import { accountPage, pagerOf, type PostPage } from "./lists.ts";
import { accountOf, taggedPage } from "./addressed.ts";
import { personView } from "./people.ts";
import { shownText } from "./own-text.ts";
import { postView } from "./post-views.ts";
import { linkHeader, sendPage } from "./respond.ts";
import { postConversation } from "./thread.ts";
import type { Views } from "./views.ts";

/** `/@name`, its posts, and `/tags/:tag`. What is not ours goes on to the host. */
export function microblogRoutes(site: Site, views: Views): Router {
  const router = Router();
  router.get("/@:username", async (request, response, next) => {
    const account = await accountOf(site, request);
    if (account === null) next();
    else await profile(site, views, account, request, response);
  });
  router.get("/@:username/:id", async (request, response, next) => {
    const id = parseId(request.params.id);
    const account = id === undefined ? null : await accountOf(site, request);
    const post = account === null || id === undefined ? null : await postById(site, id);
    if (post === null || account === null || post.author !== account._id) next();
    else if (seenByAnyone(post)) await showPost(site, views, account, post, request, response);
    else if (isOpen(post) && post.deletedAt !== undefined) gone(site, views, account, request, response);
    else next();
  });
  router.get("/tags/:tag", async (request, response, next) => {
    const page = await taggedPage(site, request);
    if (page === undefined) next();
    else showTag(site, views, request.params.tag, page, request, response);
  });
  return router;
}

async function profile(
  site: Site,
  views: Views,
  account: ActorRow,
  request: Request,
  response: Response,
): Promise<void> {
  const path = `/@${account.username}`;
  const page = await accountPage(site, account, request.query);
  const person = personView(site, account);
  const here = page.first ? `${site.urls.origin}${path}` : `${site.urls.origin}${request.originalUrl}`;
  const head = profileHead(site, account, person, page.first ? account.url : here);
  const pager = pagerOf(path, page);
  const html = views.render("profile", {
    site: { host: site.urls.host },
    head: {
      ...head,
      links: [
        ...head.links,
        ...(pager?.newer === undefined ? [] : [{ rel: "prev", href: pager.newer }]),
        ...(pager?.older === undefined ? [] : [{ rel: "next", href: pager.older }]),
      ],
    },
    profile: {
      ...person,
      page: path,
      ...(account.image === undefined
        ? {}
        : { header: pictureAddress(site, account.image.url), headerAlt: account.image.alt ?? "" }),
      summary: shownText(site, account.summary),
      fields: account.fields,
      posts: account.postsCount,
      followers: account.followersCount,
      following: account.followingCount,
      followUrl: `/fediverse/follow?account=${encodeURIComponent(account.username)}`,
    },
    posts: page.posts.map((post) => post.view),
    pager,
    older: !page.first,
    feeds: feedsOf(path),
  });
  sendPage(request, response, site.urls.origin, html, {
    links: [
      linkHeader(account.uri, { rel: "alternate", type: ACTIVITY_TYPE }),
      ...(pager?.newer === undefined ? [] : [linkHeader(pager.newer, { rel: "prev" })]),
      ...(pager?.older === undefined ? [] : [linkHeader(pager.older, { rel: "next" })]),
    ],
  });
}

async function showPost(
  site: Site,
  views: Views,
  account: ActorRow,
  post: PostRow,
  request: Request,
  response: Response,
): Promise<void> {
  const view = postView(site, post, account);
  const html = views.render("post", {
    site: { host: site.urls.host },
    head: postHead(site, post, view),
    top: { href: `/@${account.username}`, text: view.author.name },
    post: view,
    ...(await postConversation(site, post, request.query, view.page)),
  });
  sendPage(request, response, site.urls.origin, html, {
    links: [linkHeader(post.uri, { rel: "alternate", type: ACTIVITY_TYPE })],
  });
}

function gone(site: Site, views: Views, account: ActorRow, request: Request, response: Response): void {
  const html = views.render("message", {
    site: { host: site.urls.host },
    head: { title: "Deleted", noindex: true, links: [], meta: [] },
    title: "This post has been deleted",
    text: "Its author took it down. What others answered to it went with it.",
    link: { href: `/@${account.username}`, text: `More by ${personView(site, account).name}` },
  });
  sendPage(request, response, site.urls.origin, html, { status: 410 });
}

function showTag(
  site: Site,
  views: Views,
  tag: string,
  page: PostPage,
  request: Request,
  response: Response,
): void {
  const path = `/tags/${encodeURIComponent(tag)}`;
  const canonical = `${site.urls.tagPage(normaliseTag(tag))}${page.first ? "" : new URL(request.originalUrl, site.urls.origin).search}`;
  const title = `#${tag}`;
  const html = views.render("tag", {
    site: { host: site.urls.host },
    head: {
      title: `${title} on ${site.urls.host}`,
      canonical,
      links: feedLinks(path, title),
      meta: [
        { property: "og:type", content: "website" },
        ...openGraph(site, title, `Posts about ${title}`, canonical),
      ],
    },
    tag,
    posts: page.posts.map((post) => post.view),
    pager: pagerOf(path, page),
    feeds: feedsOf(path),
  });
  sendPage(request, response, site.urls.origin, html);
}
