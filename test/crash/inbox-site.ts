import express from "express";
import { fediverse } from "../../src/fediverse.ts";
import { silentLogger } from "../../src/support/logger.ts";

/**
 * A site in a process of its own, for the crash test: `node … <data folder> <port> <milliseconds that its clock is ahead>`.
 * Says `started`; asked for a `report`, tells the state of every activity that it holds and the comments under its post.
 */
const [dataDir = "", port = "", ahead = "0"] = process.argv.slice(2);
const page = `http://127.0.0.1:${port}/bread`;
const app = express();
const fedi = fediverse({
  origin: `http://127.0.0.1:${port}`,
  accounts: [{ username: "blog" }],
  dataDir,
  allowPrivateNetwork: true,
  logger: silentLogger,
  clock: { now: () => new Date(Date.now() + Number(ahead)) },
  delivery: { sweep: "* * * * * *" },
});
app.use(fedi);
await fedi.ready;
await fedi.publish({ url: page, title: "Bread", html: "<p>Flour and water.</p>" });
process.on("message", () => {
  void (async () => {
    const rows = await fedi.site.models.inbound.find({}, { state: 1, outcome: 1 }).lean();
    const { comments, total } = await fedi.comments(page, { limit: 1000 });
    process.send?.({
      states: Object.fromEntries(
        rows.map((row) => [row._id, row.state === "done" ? "done" : (row.outcome ?? row.state)]),
      ),
      comments: comments.map((comment) => comment.uri),
      total,
    });
  })();
});
app.listen(Number(port), "127.0.0.1", () => process.send?.("started"));
