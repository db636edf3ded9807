import type { FollowRow } from "../../src/database/rows.ts";
import { fediverse } from "../../src/fediverse.ts";
import { silentLogger } from "../../src/support/logger.ts";
import { hostOf } from "../../src/support/urls.ts";

/**
 * A site in a process of its own, for the crash test: `node … <data folder> <inboxes as JSON>`. With inboxes it makes them
 * followers and publishes one post; without, it goes on with what it finds. Says `published` and `started`.
 */
const [dataDir = "", inboxes = "[]"] = process.argv.slice(2);
const fedi = fediverse({
  origin: "https://blog.example",
  accounts: [{ username: "blog" }],
  dataDir,
  durability: "os",
  allowPrivateNetwork: true,
  logger: silentLogger,
  delivery: { sweep: "* * * * * *", lease: 5 },
});
await fedi.ready;
process.send?.("started");
const targets = JSON.parse(inboxes) as string[];
if (targets.length > 0) {
  const account = await fedi.site.models.actors.findOne({ localName: "blog" }).lean();
  await fedi.site.models.follows.collection.insertMany(
    targets.map((deliverTo, at): FollowRow & { _id: never } => ({
      _id: (at + 1) as never,
      follower: 1_000_000 + at,
      followed: account?._id ?? 0,
      state: "accepted",
      uri: `${deliverTo}/follow`,
      followerUri: `${deliverTo}/actor`,
      followedUri: account?.uri ?? "",
      deliverTo,
      deliverHost: hostOf(deliverTo) ?? "",
      createdAt: new Date(),
    })),
  );
  await fedi.publish({
    url: "https://blog.example/posts/1",
    title: "Bread",
    html: "<p>Flour and water.</p>",
  });
  process.send?.("published");
}
