import type { ActorRow, NotificationRow, PostRow } from "../database/rows.ts";
import { plainText } from "../text/plain-text.ts";

/** The message as apps read it, once decrypted. The same names as upstream. */
export interface PushMessage {
  /**
   * Tells apps with several accounts whose it is. The store knows tokens by their hash only: empty in a process that the
   * app has not called since its start.
   */
  access_token: string;
  preferred_locale: string;
  /** A number, as upstream sends it: official iOS and Ice Cubes decode nothing else. */
  notification_id: number;
  notification_type: NotificationRow["type"];
  icon: string;
  title: string;
  body: string;
}

/** Characters: all of it has to stay far below the 4 KiB that push services take. */
const TITLE = 140;
const BODY = 140;
const ICON = 1500;

const TITLES: Readonly<Record<NotificationRow["type"], (name: string) => string>> = {
  mention: (name) => `${name} mentioned you`,
  status: (name) => `New post by ${name}`,
  reblog: (name) => `${name} boosted your post`,
  follow: (name) => `${name} follows you`,
  follow_request: (name) => `${name} asks to follow you`,
  favourite: (name) => `${name} liked your post`,
  poll: (name) => `A poll by ${name} has ended`,
  update: (name) => `${name} edited a post`,
  quote: (name) => `${name} quoted your post`,
  quoted_update: (name) => `${name} edited a post that you quoted`,
};

/** Puts a message together. @param icon absolute address of a picture of the sender. */
export function pushMessage(
  notification: NotificationRow,
  about: { from: ActorRow; post?: PostRow | undefined; icon: string; token: string; language: string },
): PushMessage {
  const { from, post } = about;
  const name = from.name.trim() === "" ? from.username : from.name.trim();
  return {
    access_token: about.token,
    preferred_locale: about.language,
    notification_id: notification._id,
    notification_type: notification.type,
    icon: about.icon.length > ICON ? "" : about.icon,
    title: TITLES[notification.type](cut(name, TITLE - 40)),
    body: cut(textOf(from, post), BODY),
  };
}

/** A warning stands for what is behind it, on a locked screen most of all. */
function textOf(from: ActorRow, post: PostRow | undefined): string {
  if (post === undefined) return plainText(from.summary, 10 * BODY);
  return post.warning ?? (post.excerpt === "" ? (post.title ?? "") : post.excerpt);
}

function cut(text: string, most: number): string {
  const characters = [...text.trim()];
  return characters.length <= most ? text.trim() : `${characters.slice(0, most - 1).join("")}…`;
}
