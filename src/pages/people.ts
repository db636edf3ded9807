import type { ActorRow } from "../database/rows.ts";
import { pictureAddress } from "../domain/media.ts";
import type { Site } from "../site.ts";

/** Somebody as our views show them. */
export interface PersonView {
  name: string;
  /** `@user@host`. */
  handle: string;
  /** Their page; always http(s). */
  url: string;
  /** Address of their picture on this site. */
  avatar?: string;
  /** What stands in place of a picture: the first letter and one of eight colours. */
  initial: string;
  hue: number;
}

/** A link that is safe to click, or `undefined`: only http(s) may stand in `href`. */
export function webUrl(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  return /^https?:$/.test(new URL(url).protocol) ? url : undefined;
}

/** The person behind an actor row. */
export function personView(site: Site, actor: ActorRow): PersonView {
  const page = actor.local ? actor.url : (webUrl(actor.url) ?? actor.uri);
  return face({
    name: actor.name,
    handle: `@${actor.username}@${actor.host}`,
    url: page,
    ...(actor.icon === undefined ? {} : { avatar: pictureAddress(site, actor.icon.url) }),
  });
}

/** The same from what the domain tells of a comment's author or of somebody who liked: `avatar` is an address of ours. */
export function face(who: { name: string; handle: string; url: string; avatar?: string }): PersonView {
  const name = who.name.trim() === "" ? who.handle : who.name;
  return {
    name,
    handle: who.handle,
    url: webUrl(who.url) ?? "#",
    ...(who.avatar === undefined ? {} : { avatar: who.avatar }),
    initial: initialOf(name),
    hue: hueOf(who.handle),
  };
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

function initialOf(name: string): string {
  const letters = name.replace(/^@/, "").trim().slice(0, 64);
  const [first] = graphemes.segment(letters);
  return first === undefined ? "?" : first.segment.toUpperCase();
}

/** The same person has the same colour on every page. */
function hueOf(handle: string): number {
  let sum = 0;
  for (const letter of handle) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 8;
  return sum;
}
