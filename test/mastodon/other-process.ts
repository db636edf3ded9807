import { createServer } from "node:http";
import express from "express";
import { fediverse } from "../../src/index.ts";
import { silentLogger } from "../../src/support/logger.ts";

/**
 * A second process of a site, on a port of its own: what `two-processes.test.ts` starts. `POST /host/publish/:text` is
 * the host's own route, so that the test can say when it writes.
 */
const [origin = "", database = "", dataDir = ""] = process.argv.slice(2);
const fedi = fediverse({
  origin,
  database,
  dataDir,
  accounts: [{ username: "blog", name: "The Blog" }],
  allowPrivateNetwork: true,
  logger: silentLogger,
  clockwork: false,
});
const app = express();
app.use(fedi);
app.post("/host/publish/:text", (request, response, next) => {
  fedi.publish({ text: request.params.text }).then((post) => response.json({ id: String(post._id) }), next);
});
const server = createServer(app);
fedi.attach(server);
await fedi.ready;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  console.log(`listening on ${typeof address === "object" && address !== null ? address.port : 0}`);
});
process.on("SIGTERM", () => {
  void fedi.close().then(() => {
    server.closeAllConnections();
    server.close();
  });
});
