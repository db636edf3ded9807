// A site on the fediverse in twenty lines: run it, then send it a post.
//   curl -d 'Hello from twenty lines!' http://localhost:3000/post
import express from "express";
import { fediverse } from "express-fediverse";

const port = Number(process.env.PORT || 3000);
const fedi = fediverse({
  origin: `http://localhost:${port}`,
  allowPrivateNetwork: true, // For trying it out. With a public https origin, leave it out.
  accounts: [{ username: "hello", summary: "Twenty lines of JavaScript." }],
});

const app = express();
app.use(fedi);
app.get("/", (_request, response) => response.redirect("/@hello"));
app.post("/post", express.text({ type: "*/*" }), async (request, response) => {
  const post = await fedi.publish({ markdown: request.body });
  response.status(201).send(`${post.url}\n`);
});
app.listen(port, () => console.log(`Open http://localhost:${port}/@hello`));
process.once("SIGTERM", () => void fedi.close().then(() => process.exit(0)));
