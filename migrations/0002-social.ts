import type { Migration } from "./index.ts";

/** The owner as a user: apps, timelines, notifications, lists. */
export const social: Migration = {
  name: "0002-social",
  async up({ models }) {
    await models.posts.collection.createIndexes([
      { key: { conversation: 1, _id: 1 }, sparse: true },
      { key: { boostOf: 1, author: 1 }, sparse: true },
      { key: { "quote.id": 1, _id: -1 }, sparse: true },
      { key: { "quote.authorization": 1 }, sparse: true },
      { key: { "poll.endsAt": 1 }, sparse: true },
      { key: { visibility: 1, _id: -1 } },
      { key: { pinnedAt: 1 }, sparse: true },
    ]);
    await models.interactions.collection.createIndexes([{ key: { actor: 1, kind: 1, _id: -1 } }]);
    await models.apps.collection.createIndexes([{ key: { clientId: 1 }, unique: true }]);
    await models.tokens.collection.createIndexes([
      { key: { tokenHash: 1 }, unique: true },
      { key: { account: 1, _id: -1 }, sparse: true },
      { key: { app: 1 } },
    ]);
    await models.grants.collection.createIndexes([{ key: { expiresAt: 1 }, expireAfterSeconds: 0 }]);
    await models.sessions.collection.createIndexes([
      { key: { account: 1 } },
      { key: { expiresAt: 1 }, expireAfterSeconds: 0 },
    ]);
    await models.timelines.collection.createIndexes([
      { key: { owner: 1, post: -1 } },
      { key: { owner: 1, original: 1, post: -1 } },
      { key: { owner: 1, author: 1 } },
      { key: { post: 1 } },
    ]);
    await models.notifications.collection.createIndexes([
      { key: { key: 1 }, unique: true },
      { key: { owner: 1, _id: -1 } },
      { key: { owner: 1, group: 1, _id: -1 } },
      { key: { owner: 1, from: 1, _id: -1 } },
      { key: { post: 1 }, sparse: true },
    ]);
    await models.relations.collection.createIndexes([
      { key: { owner: 1, kind: 1, target: 1 }, unique: true },
      { key: { owner: 1, kind: 1, _id: -1 } },
      { key: { target: 1, kind: 1 } },
    ]);
    await models.domainBlocks.collection.createIndexes([
      { key: { owner: 1, domain: 1 }, unique: true },
      { key: { owner: 1, _id: -1 } },
      { key: { nextAt: 1 }, sparse: true },
    ]);
    await models.lists.collection.createIndexes([{ key: { owner: 1, _id: 1 } }]);
    await models.listMembers.collection.createIndexes([
      { key: { list: 1, account: 1 }, unique: true },
      { key: { list: 1, _id: -1 } },
      { key: { account: 1, owner: 1 } },
    ]);
    await models.filters.collection.createIndexes([{ key: { owner: 1, _id: 1 } }]);
    await models.tagRelations.collection.createIndexes([
      { key: { owner: 1, kind: 1, tag: 1 }, unique: true },
      { key: { owner: 1, kind: 1, _id: -1 } },
      { key: { kind: 1, tag: 1 } },
    ]);
    await models.uploads.collection.createIndexes([
      { key: { owner: 1, _id: -1 } },
      { key: { post: 1 }, sparse: true },
      { key: { nextAt: 1 }, sparse: true },
    ]);
    await models.scheduled.collection.createIndexes([{ key: { owner: 1, _id: -1 } }, { key: { nextAt: 1 } }]);
    await models.pushes.collection.createIndexes([
      { key: { token: 1 }, unique: true },
      { key: { publicId: 1 }, unique: true },
      { key: { account: 1 } },
    ]);
    await models.pushJobs.collection.createIndexes([
      { key: { nextAt: 1 } },
      { key: { expiresAt: 1 }, expireAfterSeconds: 0 },
    ]);
    await models.conversations.collection.createIndexes([
      { key: { key: 1 }, unique: true },
      { key: { owner: 1, lastPost: -1 } },
    ]);
    await models.votes.collection.createIndexes([
      { key: { key: 1 }, unique: true },
      { key: { post: 1, actor: 1 } },
    ]);
    await models.edits.collection.createIndexes([{ key: { post: 1, _id: 1 } }]);
    await models.reports.collection.createIndexes([{ key: { owner: 1, _id: -1 } }]);
    await models.idempotency.collection.createIndexes([{ key: { expiresAt: 1 }, expireAfterSeconds: 0 }]);
    await models.streamEvents.collection.createIndexes([{ key: { expiresAt: 1 }, expireAfterSeconds: 0 }]);
  },
};
