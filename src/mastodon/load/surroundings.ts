import { loadPictureSecret, pictureAddress } from "../../domain/media.ts";
import type { Site } from "../../site.ts";
import type { Surroundings } from "../entities/surroundings.ts";

/** Names that end so mean "none" to Ice Cubes and Phanpy, which then draw one of their own. */
const AVATAR = "avatar-missing.png";
const HEADER = "header-missing.png";

/** What entities of this site need beside their rows. */
export async function surroundingsOf(site: Site): Promise<Surroundings> {
  await loadPictureSecret(site);
  const asset = (name: string): string => `${site.urls.origin}/fediverse/assets/${name}`;
  const { language } = site.options;
  return {
    urls: site.urls,
    picture: (url) => pictureAddress(site, url),
    avatar: asset(AVATAR),
    header: asset(HEADER),
    now: site.clock.now(),
    ...(language === undefined ? {} : { language }),
  };
}
