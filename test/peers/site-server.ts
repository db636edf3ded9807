/**
 * A site of ours in a process of its own, with the account named on the command line; two-sites.test.ts steers it over
 * `/control/…`. What people do in apps goes through the same domain functions as there.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import express from "express";
import type { PostRow } from "../../src/database/rows.ts";
import { localAccount } from "../../src/domain/accounts.ts";
import { boost, unboost } from "../../src/domain/boosts.ts";
import { favourite, unfavourite } from "../../src/domain/favourites.ts";
import { followActor, unfollowActor } from "../../src/domain/following.ts";
import { homePage } from "../../src/domain/timelines.ts";
import { importPost } from "../../src/domain/receive.ts";
import { fediverse } from "../../src/index.ts";
import { resolveHandle } from "../../src/remote/actors.ts";
import { silentLogger } from "../../src/support/logger.ts";

const [, , username = "blog", dataDir = ""] = process.argv;
const server = createServer();
await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
const fedi = fediverse({
  origin,
  accounts: [{ username, name: username.toUpperCase() }],
  allowPrivateNetwork: true,
  dataDir,
  durability: "os",
  logger: silentLogger,
});
const { site } = fedi;

async function account() {
  const row = await localAccount(site, username);
  if (!row) throw new Error(`there is no ${username}`);
  return row;
}

async function known(uri = ""): Promise<PostRow> {
  const post = await importPost(site, uri);
  if (!post) throw new Error(`there is no ${uri}`);
  return post;
}

type Given = Record<string, string>;
const control: Record<string, (given: Given) => Promise<unknown>> = {
  follow: async ({ handle = "" }) => followActor(site, await account(), await resolveHandle(site, handle)),
  unfollow: async ({ handle = "" }) =>
    unfollowActor(site, await account(), await resolveHandle(site, handle)),
  like: async ({ post }) => favourite(site, await account(), await known(post)),
  unlike: async ({ post }) => unfavourite(site, await account(), await known(post)),
  boost: async ({ post }) => boost(site, await account(), await known(post)),
  unboost: async ({ post }) => unboost(site, await account(), await known(post)),
  publish: (given) => fedi.publish(given),
  update: ({ post = "", ...changes }) => fedi.update(post, changes),
  remove: ({ post = "" }) => fedi.remove(post),
  deliveries: ({ post = "" }) => fedi.deliveries(post),
  home: async () => (await homePage(site, await account(), { limit: 20 })).rows,
};

const app = express();
app.use(fedi);
app.post("/control/:what", async (request, response) => {
  const given = JSON.parse((await text(request)) || "{}") as Given;
  try {
    response.json((await control[request.params.what]?.(given)) ?? null);
  } catch (error) {
    response.status(500).json({ error: String(error) });
  }
});
server.on("request", app);
await fedi.ready;
process.once("SIGTERM", () => {
  server.closeAllConnections();
  server.close();
  void fedi.close().then(() => process.exit(0));
});
console.log(`ready ${origin}`);
