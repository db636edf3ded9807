// The host of `npm run bench:host`: one page, and with the argument "mounted" the package in front of it. Compiled code
// only, so that what is measured is what users run.
import express from "express";

const [, , mounted] = process.argv;
const app = express().disable("x-powered-by");
let fedi;
let atStart;
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
  app.get("/posts/:slug", (_request, response) => response.send(page));
  atStart = process.cpuUsage();
  console.log(`ready ${port}`);
});

process.once("SIGTERM", async () => {
  server.close();
  server.closeAllConnections();
  const { user, system } = process.cpuUsage(atStart);
  console.log(`cpu ${user + system}`);
  await fedi?.close();
  process.exit(0);
});
