// The host of `npm run bench:host`: the front page of the example blog as it is, the same with posts that were read before,
// and a page that costs nothing; with the argument "mounted" the package in front of all. Compiled code only, so that what
// is measured is what users run.
import express from "express";
import { allPosts } from "../../examples/blog/posts.js";
import { render } from "../../examples/blog/views.js";
import { untilEnded } from "../until-ended.js";

const [, , mounted] = process.argv;
const app = express().disable("x-powered-by");
let fedi;
const page = `<!doctype html><title>A page</title><h1>A page</h1>${"<p>Of the host's own, of a usual length.</p>".repeat(100)}`;

const server = app.listen(0, "127.0.0.1", async () => {
  const { port } = server.address();
  if (mounted === "mounted") {
    const { fediverse } = await import("../../dist/src/index.js");
    fedi = fediverse({
      origin: `http://localhost:${port}`,
      accounts: [{ username: "blog" }],
      allowPrivateNetwork: true,
      dataDir: process.env.DATA_DIR,
      logger: { debug() {}, info() {}, warn() {}, error: console.error },
    });
    app.use(fedi);
    await fedi.ready;
  }
  app.get("/", async (_request, response) => {
    response.send(render("home", { title: "Crumb & Crust", posts: await allPosts(), home: true }));
  });
  const posts = await allPosts();
  app.get("/templates", (_request, response) => {
    response.send(render("home", { title: "Crumb & Crust", posts, home: true }));
  });
  app.get("/bare", (_request, response) => response.send(page));
  console.log(`ready ${port}`);
});

// While the other one is loaded, this one's connections wait.
server.keepAliveTimeout = 60_000;

untilEnded(async () => {
  server.close();
  server.closeAllConnections();
  await fedi?.close();
});
