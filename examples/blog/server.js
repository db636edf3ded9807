// A small blog that is on the fediverse. Everything that puts it there is marked with (*).
import { fileURLToPath } from "node:url";
import express from "express";
import { directory, fediverse } from "express-fediverse";
import { allPosts } from "./posts.js";
import { render, renderBare } from "./views.js";

const port = Number(process.env.PORT || 3000);
const origin = process.env.FEDIVERSE_ORIGIN || `http://localhost:${port}`;
const local = origin.startsWith("http:");
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

// (*) The blog's account, and where its posts are. Left out here: `database`, so that they are kept in a folder. Every id
// in it is made from the origin: another port is another site, with a folder of its own.
const fedi = fediverse({
  origin,
  dataDir: `./fediverse-data/${new URL(origin).host.replace(":", "-")}`,
  allowPrivateNetwork: local,
  language: "en",
  accounts: [
    {
      username: "blog",
      name: "Crumb & Crust",
      summary: "Notes from a small kitchen: **sourdough**, rye, and the odd sensor in the oven.",
      avatar: { url: `${origin}/avatar.png`, alt: "A round loaf of bread, scored like a wheat ear" },
      header: { url: `${origin}/header.png`, alt: "Ears of wheat in the evening sun" },
      fields: [
        { name: "Blog", value: origin },
        { name: "Baked so far", value: "412 loaves" },
      ],
    },
  ],
  posts: directory(here("./posts"), { url: (slug) => `${origin}/posts/${slug}` }),
});

const app = express();
app.disable("x-powered-by");
app.use(fedi); // (*) Before the blog's own routes.
app.use(express.static(here("./public"), { maxAge: "1d" }));

app.get("/", async (_request, response) => {
  response.send(render("home", { title: "Crumb & Crust", posts: await allPosts(), home: true }));
});

app.get("/posts/:slug", async (request, response, next) => {
  const post = (await allPosts()).find(({ slug }) => slug === request.params.slug);
  if (!post) return next();
  // (*) The comments and reactions of the fediverse, for the template. The post is worth reading without them, too.
  const url = origin + post.path;
  const [comments, reactions] = await Promise.all([fedi.comments(url), fedi.reactions(url)]).catch(() => []);
  response.send(render("post", { title: post.title, url, post, comments, reactions }));
});

app.get("/topics/:topic", async (request, response, next) => {
  const path = `/topics/${request.params.topic}`;
  const posts = (await allPosts()).filter(({ tags }) => tags.some((tag) => tag.path === path));
  if (posts.length === 0) return next();
  const topic = posts[0].tags.find((tag) => tag.path === path).name;
  response.send(render("home", { title: `About ${topic}`, topic, posts }));
});

app.get("/feed.xml", async (_request, response) => {
  response.type("application/rss+xml").send(renderBare("feed", { origin, posts: await allPosts() }));
});

app.use((_request, response) => {
  response.status(404).send(render("missing", { title: "Not found" }));
});

const server = app.listen(port);
fedi.attach(server); // (*) Apps hear what happens while it happens.

server.on("listening", async () => {
  await fedi.ready;
  const handle = `@blog@${new URL(origin).host}`;
  console.log(`
  Crumb & Crust is open: ${origin}
  Its handle:            ${handle}
  Its microblog:         ${origin}/@blog
  Try:                   curl -H 'Accept: application/activity+json' ${origin}/@blog
                         curl '${origin}/fediverse/comments.json?url=${origin}/posts/in-praise-of-rye'
  A new post:            put a Markdown file into ${here("./posts")}
${local ? "\n  This is a blog for yourself: other servers reach it only under a public https address. Set FEDIVERSE_ORIGIN to it.\n  Until then private addresses are permitted (allowPrivateNetwork).\n" : ""}`);
});

server.on("error", async (error) => {
  console.error(
    error.code === "EADDRINUSE"
      ? `Port ${port} is taken by another program. Choose another one: PORT=3001 npm start`
      : `The blog cannot listen on port ${port}: ${error.message}`,
  );
  await stop(1);
});

fedi.ready.catch(async (error) => {
  console.error(`The blog cannot start: ${error.message}`);
  await stop(1);
});

let stopping = false;
async function stop(code) {
  if (stopping) return;
  stopping = true;
  server.close();
  server.closeIdleConnections();
  await fedi.close(); // (*) Deliveries under way are finished, the others kept for the next start.
  process.exit(code);
}
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void stop(0));
