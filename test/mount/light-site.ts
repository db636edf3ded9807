import { once } from "node:events";
import { createServer } from "node:http";
import { Session } from "node:inspector";
import type { AddressInfo } from "node:net";
import express from "express";
import { fediverse } from "../../src/index.ts";
import { silentLogger } from "../../src/support/logger.ts";

/**
 * A host with a site, for `light.test.ts`: prints the names of the packages and of the package's own faces whose code
 * lives in this thread, as one line of JSON, when it is ready and again after each page that it asks of itself. Asked of
 * V8's own list of scripts, which holds modules of both kinds, however they came in.
 */
const [dataDir = "", ...pages] = process.argv.slice(2);

function loaded(): { packages: string[]; faces: string[] } {
  const session = new Session();
  session.connect();
  const packages = new Set<string>();
  const faces = new Set<string>();
  session.on("Debugger.scriptParsed", ({ params: { url } }) => {
    const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
    if (name !== undefined) packages.add(name);
    const face = /\/src\/((?:activitypub|mastodon|pages)\/(?:router|negotiation))\./.exec(url)?.[1];
    if (face !== undefined) faces.add(face);
  });
  // Tells of every script there is before it comes back.
  session.post("Debugger.enable");
  session.disconnect();
  return { packages: [...packages].sort(), faces: [...faces].sort() };
}

const app = express();
const server = createServer(app).listen(0, "127.0.0.1");
await once(server, "listening");
const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
const fedi = fediverse({
  // Of the folder, whatever port this process has: a second start is to find its own site there.
  origin: "http://light.localhost",
  accounts: [{ username: "blog", summary: "" }],
  allowPrivateNetwork: true,
  dataDir,
  durability: "os",
  logger: silentLogger,
});
app.use(fedi);
fedi.attach(server);
app.get("/", (_request, response) => void response.send("The host's own page"));
await fedi.ready;
await (await fetch(origin)).text();
console.log(JSON.stringify({ status: 200, ...loaded() }));
for (const page of pages) {
  const response = await fetch(origin + page);
  await response.text();
  console.log(JSON.stringify({ status: response.status, ...loaded() }));
}
await fedi.close();
server.closeAllConnections();
server.close();
