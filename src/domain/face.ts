import type { ActorRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { proxied } from "./media.ts";

/** A person as a page shows them. All of it is text or a safe URL; escape it as any text. */
export interface Face {
  /** Display name; the username where there is none. */
  name: string;
  /** `@user@host`. */
  handle: string;
  /** Their profile's page. */
  url: string;
  /** Picture, through this site's own proxy: a visitor's browser calls no other server. */
  avatar?: string;
}

export async function faceOf(
  site: Site,
  actor: Pick<ActorRow, "name" | "username" | "host" | "url" | "icon" | "local">,
): Promise<Face> {
  return {
    name: actor.name === "" ? actor.username : actor.name,
    handle: `@${actor.username}@${actor.host}`,
    url: actor.url,
    ...(actor.icon ? { avatar: await proxied(site, actor.icon.url) } : {}),
  };
}
