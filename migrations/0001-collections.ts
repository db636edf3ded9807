import type { Migration } from "./index.ts";

/** The first shape of the store: every collection's indexes. Sparse ones hold only rows that still wait for something. */
export const collections: Migration = {
  name: "0001-collections",
  async up({ models }) {
    await models.actors.collection.createIndexes([
      { key: { uri: 1 }, unique: true },
      { key: { localName: 1 }, unique: true, sparse: true },
      { key: { handle: 1 } },
      { key: { outgoingAt: 1 }, sparse: true },
    ]);
    await models.remoteKeys.collection.createIndexes([
      { key: { owner: 1 } },
      { key: { expiresAt: 1 }, expireAfterSeconds: 0 },
    ]);
    await models.posts.collection.createIndexes([
      { key: { uri: 1 }, unique: true },
      { key: { key: 1 }, unique: true, sparse: true },
      { key: { names: 1 } },
      { key: { author: 1, _id: -1 } },
      { key: { local: 1, _id: -1 } },
      { key: { thread: 1, _id: 1 }, sparse: true },
      { key: { inReplyToId: 1, _id: 1 }, sparse: true },
      { key: { tagKeys: 1, _id: -1 } },
      { key: { outgoingAt: 1 }, sparse: true },
    ]);
    await models.follows.collection.createIndexes([
      { key: { followed: 1, follower: 1 }, unique: true },
      { key: { followed: 1, state: 1, _id: -1 } },
      { key: { followed: 1, state: 1, deliverTo: 1, _id: 1 } },
      { key: { follower: 1, state: 1, _id: -1 } },
      { key: { deliverTo: 1 } },
      { key: { struckAt: 1 }, sparse: true },
      { key: { uri: 1 } },
    ]);
    await models.interactions.collection.createIndexes([
      { key: { kind: 1, actor: 1, post: 1 }, unique: true },
      { key: { post: 1, kind: 1, _id: -1 } },
      { key: { actor: 1, _id: -1 } },
      { key: { uri: 1 } },
    ]);
    await models.activities.collection.createIndexes([
      { key: { uri: 1 }, unique: true },
      { key: { object: 1, _id: 1 } },
      { key: { post: 1, _id: 1 }, sparse: true },
      { key: { fanoutAt: 1 }, sparse: true },
      { key: { expiresAt: 1 }, expireAfterSeconds: 0 },
    ]);
    await models.deliveries.collection.createIndexes([
      { key: { activity: 1, inbox: 1 }, unique: true },
      { key: { nextAt: 1 }, sparse: true },
      { key: { object: 1, host: 1, _id: 1 } },
      { key: { expiresAt: 1 }, expireAfterSeconds: 0 },
    ]);
    await models.inbound.collection.createIndexes([
      { key: { nextAt: 1 }, sparse: true },
      { key: { expiresAt: 1 }, expireAfterSeconds: 0 },
    ]);
    await models.hosts.collection.createIndexes([{ key: { expiresAt: 1 }, expireAfterSeconds: 0 }]);
    await models.tombstones.collection.createIndexes([{ key: { expiresAt: 1 }, expireAfterSeconds: 0 }]);
  },
};
