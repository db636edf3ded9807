// The site of `npm run bench:api`: the package as users get it, compiled, with the embedded store in its thread and every
// write flushed to the disk, in a process of its own.
import express from "express";
import { fediverse } from "../../dist/src/index.js";
import { untilEnded } from "../until-ended.js";

const app = express().disable("x-powered-by");
const server = app.listen(0, "127.0.0.1", async () => {
  const fedi = fediverse({
    origin: "https://blog.example",
    accounts: [{ username: "blog", name: "The Blog", summary: "Bread, *mostly*." }],
    dataDir: process.env.DATA_DIR,
    durability: "fsync",
    // What is measured is how fast answers are made, not how soon they are refused.
    api: { requestsPer5Minutes: 100_000_000 },
    logger: { debug() {}, info() {}, warn() {}, error: console.error },
  });
  app.use(fedi);
  await fedi.ready;
  untilEnded(async () => {
    server.close();
    server.closeAllConnections();
    await fedi.close();
  });
  console.log(`ready ${server.address().port}`);
});
// While another one is loaded, this one's connections wait.
server.keepAliveTimeout = 600_000;
