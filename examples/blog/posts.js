import { readdir, readFile } from "node:fs/promises";
import { Marked } from "marked";
import { parse } from "yaml";

const folder = new URL("./posts/", import.meta.url);
const marked = new Marked();

/** "Baker's percentages" → "baker-s-percentages", for addresses. */
export const slugOf = (text) =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "");

/** All posts, newest first. Read again each time: a blog of this size does not need a cache. */
export async function allPosts() {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".md"));
  const posts = await Promise.all(files.map(readPost));
  return posts.sort((a, b) => b.date - a.date);
}

async function readPost(name) {
  const text = await readFile(new URL(name, folder), "utf8");
  const [, frontMatter, markdown] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(text);
  const { title, date, tags = [], summary, image } = parse(frontMatter);
  const slug = name.replace(/^\d{4}-\d{2}-\d{2}-/, "").replace(/\.md$/, "");
  return {
    slug,
    path: `/posts/${slug}`,
    title,
    date: new Date(date),
    tags: tags.map((tag) => ({ name: tag, path: `/topics/${slugOf(tag)}` })),
    summary,
    image,
    // The author of these files is the owner of the blog: their HTML may stand as it is.
    html: marked.parse(markdown),
  };
}
