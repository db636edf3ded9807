/**
 * What is stored, one interface a collection, by subject. Ids named `_id: number` are snowflakes (support/ids.ts); `uri` is
 * the ActivityPub id, kept byte for byte. Optional fields are absent, never null: sparse indexes depend on it.
 */

// Posts, ours and those of others, and what belongs to one.
export type * from "./rows/posts.ts";
// Actors and their keys.
export type * from "./rows/actors.ts";
// What one account has to do with another, with a post, a server or a tag.
export type * from "./rows/relations.ts";
// What is on its way out or in.
export type * from "./rows/queues.ts";
// The store's own: locks, facts, what is kept for a short while.
export type * from "./rows/store.ts";
// Who may come in: apps, tokens, logins.
export type * from "./rows/access.ts";
// What an owner reads and writes with an app: timelines, lists, filters, uploads, conversations.
export type * from "./rows/desk.ts";
// What an owner is told, and where it is pushed to.
export type * from "./rows/notifications.ts";
