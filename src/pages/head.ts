import type { ActorRow, PostRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { excerpt } from "../text/excerpt.ts";
import { webUrl, type PersonView } from "./people.ts";
import type { PostView } from "./post-views.ts";

/** What stands in a page's `<head>`, for other programs mostly. */
export interface Head {
  title: string;
  description?: string;
  canonical?: string;
  noindex?: boolean;
  links: { rel: string; href: string; type?: string; title?: string }[];
  meta: { name?: string; property?: string; content: string }[];
}

export const ACTIVITY_TYPE = "application/activity+json";

/** Feeds of a list, by the address of its page. */
export function feedsOf(page: string): { rss: string; json: string } {
  return { rss: `${page}/feed.xml`, json: `${page}/feed.json` };
}

export function feedLinks(page: string, title: string): Head["links"] {
  const { rss, json } = feedsOf(page);
  return [
    { rel: "alternate", type: "application/rss+xml", href: rss, title: `${title} (RSS)` },
    { rel: "alternate", type: "application/feed+json", href: json, title: `${title} (JSON feed)` },
  ];
}

/** Head of an account's page; `page` is the canonical address of this page of the list. */
export function profileHead(site: Site, account: ActorRow, person: PersonView, page: string): Head {
  const summary = excerpt(account.summary, 300);
  const description = summary === "" ? `${person.handle} on the fediverse` : summary;
  return {
    title: `${person.name} (${person.handle})`,
    description,
    canonical: page,
    ...(account.discoverable ? {} : { noindex: true }),
    links: [
      { rel: "alternate", type: ACTIVITY_TYPE, href: account.uri },
      ...feedLinks(`/@${account.username}`, person.name),
      ...relMe(account).map((href) => ({ rel: "me", href })),
    ],
    meta: [
      { property: "og:type", content: "profile" },
      ...openGraph(site, person.name, description, page, account.icon?.url),
      { property: "profile:username", content: person.handle.slice(1) },
      { name: "fediverse:creator", content: person.handle },
    ],
  };
}

/** Head of a post's page: canonical is the post's own place, which may be the host's permalink. */
export function postHead(site: Site, post: PostRow, view: PostView): Head {
  const title = view.title ?? `${view.author.name}: ${(view.warning ?? view.excerpt).slice(0, 80)}`;
  const image = post.image?.url ?? post.attachments.find((media) => media.type === "Image")?.url;
  return {
    title,
    description: view.warning ?? view.excerpt,
    canonical: post.url,
    // Unlisted: for those who were given the address.
    ...(post.visibility === "public" ? {} : { noindex: true }),
    links: [
      { rel: "alternate", type: ACTIVITY_TYPE, href: post.uri },
      ...feedLinks(view.page.slice(0, view.page.lastIndexOf("/")), view.author.name),
    ],
    meta: [
      { property: "og:type", content: "article" },
      ...openGraph(
        site,
        title,
        view.warning ?? view.excerpt,
        post.url,
        post.sensitive || view.warning !== undefined ? undefined : image,
      ),
      { property: "article:published_time", content: post.publishedAt.toISOString() },
      ...(post.updatedAt === undefined
        ? []
        : [{ property: "article:modified_time", content: post.updatedAt.toISOString() }]),
      { name: "fediverse:creator", content: view.author.handle },
    ],
  };
}

export function openGraph(
  site: Site,
  title: string,
  description: string,
  url: string,
  image?: string,
): Head["meta"] {
  return [
    { property: "og:site_name", content: site.urls.host },
    { property: "og:title", content: title },
    { property: "og:description", content: description },
    { property: "og:url", content: url },
    ...(image === undefined ? [] : [{ property: "og:image", content: image }]),
    { name: "twitter:card", content: image === undefined ? "summary" : "summary_large_image" },
  ];
}

/** Links that make up a whole field of the profile: what its owner says is theirs, too. */
function relMe(account: ActorRow): string[] {
  return account.fields
    .map((field) => /^\s*(?:<p>)?<a\b[^>]*\bhref="([^"]+)"[^>]*>/.exec(field.value)?.[1])
    .map((href) => webUrl(href?.replaceAll("&amp;", "&")))
    .filter((href) => href !== undefined);
}
