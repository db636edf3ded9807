/** Of the people known to a site that was filled, those whom the owner follows. */
export const FOLLOWED = 500;

/** What `seed.ts <folder> <posts>` prints of the site that it has filled, as JSON. */
export interface Seeded {
  token: string;
  /** `_id` of a followed account, and of a post with a thread. */
  account: number;
  thread: number;
  seconds: number;
}
