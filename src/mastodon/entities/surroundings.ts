import type { Urls } from "../../support/urls.ts";

/** What an entity needs beside its row, so that it can stay a pure function. */
export interface Surroundings {
  urls: Urls;
  /** The address under which a picture of another server is shown, so that it never learns who reads here. */
  picture: (url: string) => string;
  /** For accounts without a picture of their own. */
  avatar: string;
  header: string;
  now: Date;
  /** Language of own posts that name none. */
  language?: string;
}
