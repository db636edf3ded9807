import type { ActorRow, MediaRow, PostRow } from "../database/rows.ts";
import { pictureAddress } from "../domain/media.ts";
import type { Site } from "../site.ts";
import { plainText } from "../text/plain-text.ts";
import { personView, webUrl, type PersonView } from "./people.ts";
import { shownText } from "./own-text.ts";

/** A picture or file as our views show it. */
export interface MediaView {
  isImage: boolean;
  isVideo: boolean;
  isAudio: boolean;
  /** What the page loads; pictures of other servers through our proxy. */
  src: string;
  /** What a click opens. */
  link: string;
  alt: string;
  label: string;
  width?: number;
  height?: number;
  /** Behind a click, since its post is marked as sensitive. */
  covered: boolean;
}

/** A post as our views show it. */
export interface PostView {
  id: string;
  uri: string;
  /** The post's own place: the host's permalink, or our page. */
  url: string;
  /** Our page for it, from the root of the site. */
  page: string;
  /** Whether its own place is not our page. */
  elsewhere: boolean;
  author: PersonView;
  title?: string;
  excerpt: string;
  /** Clean HTML, fit for three braces. */
  html: string;
  language?: string;
  warning?: string;
  published: Date;
  updated?: Date;
  tags: { name: string; url: string }[];
  image?: { src: string; width?: number; height?: number };
  attachments: MediaView[];
  likes: number;
  boosts: number;
  replies: number;
  /** The address of what it answers. */
  answers?: string;
  replyUrl: string;
  boostUrl: string;
  likeUrl: string;
}

/** A post of ours with its author, for a list or its own page. */
export function postView(site: Site, post: PostRow, author: ActorRow): PostView {
  const page = `/@${author.username}/${post._id}`;
  const language = post.language ?? site.options.language;
  return {
    id: String(post._id),
    uri: post.uri,
    url: webUrl(post.url) ?? page,
    page,
    elsewhere: post.url !== site.urls.postPage(author.username, post._id),
    author: personView(site, author),
    ...(post.title === undefined ? {} : { title: post.title }),
    excerpt: post.summary ?? post.excerpt,
    html: shownText(site, post.content),
    ...(language === undefined ? {} : { language }),
    ...covering(post.sensitive, post.warning),
    published: post.publishedAt,
    ...(post.updatedAt === undefined ? {} : { updated: post.updatedAt }),
    tags: tagsBeside(post).map((name) => ({ name, url: `/tags/${encodeURIComponent(name)}` })),
    ...(post.image === undefined ? {} : { image: imageView(site, post.image) }),
    attachments: notInText(post).map((media) => mediaView(site, media, false)),
    likes: post.likesCount,
    boosts: post.boostsCount,
    replies: post.repliesCount,
    ...(post.inReplyTo !== undefined && webUrl(post.inReplyTo) !== undefined
      ? { answers: post.inReplyTo }
      : {}),
    replyUrl: interactUrl("", post.uri, "reply"),
    boostUrl: interactUrl("", post.uri, "boost"),
    likeUrl: interactUrl("", post.uri, "like"),
  };
}

/** Where a visitor answers, boosts or likes from their own server; `origin` empty for links on our own pages. */
export function interactUrl(origin: string, uri: string, action: "reply" | "boost" | "like"): string {
  return `${origin}/fediverse/interact?uri=${encodeURIComponent(uri)}&action=${action}`;
}

/** The heading that a post is folded under: its warning, or that it is sensitive. */
export function covering(sensitive: boolean, warning: string | undefined): { warning?: string } {
  if (warning !== undefined && warning !== "") return { warning };
  return sensitive ? { warning: "Sensitive content" } : {};
}

/** A picture or file for the views; `covered`: a sensitive picture stays behind a click. */
export function mediaView(site: Site, media: MediaRow, covered: boolean): MediaView {
  const link = webUrl(media.url) ?? "#";
  const ours = site.urls.isOurs(media.url);
  const isImage = media.type === "Image";
  return {
    isImage,
    // A film of another server would tell it who watches; a link leaves that to the visitor.
    isVideo: media.type === "Video" && ours,
    isAudio: media.type === "Audio" && ours,
    src: isImage && link !== "#" ? pictureAddress(site, media.url) : link,
    link,
    alt: media.alt ?? "",
    label:
      media.alt ?? { Image: "Picture", Video: "Video", Audio: "Recording", Document: "File" }[media.type],
    ...(media.width !== undefined && media.height !== undefined
      ? { width: media.width, height: media.height }
      : {}),
    covered,
  };
}

function imageView(site: Site, image: MediaRow): { src: string; width?: number; height?: number } {
  const { src, width, height } = mediaView(site, image, false);
  return { src, ...(width === undefined ? {} : { width }), ...(height === undefined ? {} : { height }) };
}

/** A note shows its text in full; the tags that stand in it need no second place. */
function tagsBeside(post: PostRow): string[] {
  if (post.title !== undefined) return post.hashtags;
  const text = plainText(post.content).toLowerCase();
  return post.hashtags.filter((name) => !text.includes(`#${name.toLowerCase()}`));
}

/** Attachments made from the text's own pictures are seen there already. */
function notInText(post: PostRow): MediaRow[] {
  const text = post.content.replaceAll("&amp;", "&");
  return post.attachments.filter((media) => !text.includes(`src="${media.url}"`));
}
