// The measure of `npm run bench:api`: bare Express that sends, at each path, JSON it was given before, from memory. A POST
// is read first, as JSON.
import express from "express";
import { untilEnded } from "../until-ended.js";

const app = express().disable("x-powered-by");
const kept = new Map();
app.put("/{*path}", express.text({ type: () => true, limit: "10mb" }), (request, response) => {
  kept.set(request.path, request.body);
  response.type("json").send("{}");
});
app.get("/{*path}", (request, response) => {
  response.type("json").send(kept.get(request.path));
});
app.post("/{*path}", express.json(), (request, response) => {
  response.type("json").send(kept.get(request.path));
});
const server = app.listen(0, "127.0.0.1", () => console.log(`ready ${server.address().port}`));
server.keepAliveTimeout = 600_000;
untilEnded(() => server.closeAllConnections());
