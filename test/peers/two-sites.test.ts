import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startScript, type Child } from "../support/child.ts";
import { until } from "../support/until.ts";

interface Post {
  uri: string;
  url: string;
  content: string;
  title?: string;
  deletedAt?: string;
}

interface Comments {
  total: number;
  comments: {
    text: string;
    uri: string;
    author: { name: string; handle: string };
    replies: { text: string }[];
  }[];
  reactions: { likes: number; boosts: number; likers: { handle: string }[]; boosters: { handle: string }[] };
}

/** One site in its own process. */
class Neighbour {
  readonly child: Child;
  readonly username: string;
  origin = "";

  constructor(username: string, directory: string) {
    this.username = username;
    this.child = startScript("test/peers/site-server.ts", { args: [username, join(directory, username)] });
  }

  get handle(): string {
    return `@${this.username}@${new URL(this.origin).host}`;
  }

  async started(): Promise<void> {
    this.origin = (await this.child.prints(/^ready (\S+)$/m, 60_000)).at(1) ?? "";
  }

  async ask<Answer = unknown>(what: string, given: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(`${this.origin}/control/${what}`, {
      method: "POST",
      body: JSON.stringify(given),
    });
    const answer = (await response.json()) as Answer;
    assert.equal(response.status, 200, `${what}: ${JSON.stringify(answer)}`);
    return answer;
  }

  /** What is under a page of this site, as any other site's script would ask for it. */
  async comments(url: string): Promise<Comments> {
    const response = await fetch(`${this.origin}/fediverse/comments.json?url=${encodeURIComponent(url)}`);
    assert.equal(response.status, 200);
    return (await response.json()) as Comments;
  }

  async followers(): Promise<number> {
    const response = await fetch(`${this.origin}/ap/accounts/${this.username}/followers`);
    return ((await response.json()) as { totalItems: number }).totalItems;
  }

  async page(path: string): Promise<{ status: number; text: string }> {
    const response = await fetch(this.origin + path, { headers: { accept: "text/html" } });
    return { status: response.status, text: await response.text() };
  }
}

describe("two sites of ours, each in its own process", function () {
  this.timeout(90_000);
  let directory: string;
  let bread: Neighbour;
  let cheese: Neighbour;
  let post: Post;
  let reply: Post;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "fedi-two-"));
    bread = new Neighbour("bread", directory);
    cheese = new Neighbour("cheese", directory);
    await Promise.all([bread.started(), cheese.started()]);
  });

  after(async () => {
    await Promise.all([bread.child.stop(), cheese.child.stop()]);
    await rm(directory, { recursive: true, force: true });
  });

  const soon = (condition: () => Promise<boolean>, what: string): Promise<void> =>
    until(condition, what, 30_000);
  const home = () => cheese.ask<Post[]>("home");

  it("follow: the follower is counted", async () => {
    await cheese.ask("follow", { handle: bread.handle });
    await soon(async () => (await bread.followers()) === 1, "the follower");
  });

  it("post: it stands in the follower's timeline, and the delivery is reported", async () => {
    post = await bread.ask<Post>("publish", { title: "Rye", markdown: "Rye is *dense*." });
    await soon(async () => (await home()).some((one) => one.uri === post.uri), "the post");
    const [received] = await home();
    assert.equal(received?.title, "Rye");
    assert.match(received?.content ?? "", /Rye is <em>dense<\/em>/);
    await soon(
      async () => (await bread.ask<{ delivered: number }>("deliveries", { post: post.uri })).delivered === 1,
      "the report",
    );
  });

  it("edit: the follower reads the new text", async () => {
    await bread.ask("update", { post: post.uri, markdown: "Rye is dense, and **keeps**." });
    await soon(
      async () => (await home())[0]?.content.includes("<strong>keeps</strong>") === true,
      "the edit",
    );
  });

  it("reply: it is a comment under the post, with its author", async () => {
    reply = await cheese.ask<Post>("publish", { markdown: "Best with cheese.", inReplyTo: post.uri });
    await soon(async () => (await bread.comments(post.url)).total === 1, "the comment");
    const [comment] = (await bread.comments(post.url)).comments;
    assert.equal(comment?.author.handle, cheese.handle);
    assert.equal(comment?.author.name, "CHEESE");
    assert.match(comment?.text ?? "", /Best with cheese\./);
    const path = new URL(post.url).pathname;
    assert.match((await bread.page(path)).text, /Best with cheese\./, "in the page, too");
  });

  it("answer: it stands under the reply, on both sites", async () => {
    await bread.ask("publish", { markdown: "With a strong one!", inReplyTo: reply.uri });
    await soon(async () => (await cheese.comments(reply.url)).total === 1, "the answer over there");
    assert.match((await cheese.comments(reply.url)).comments[0]?.text ?? "", /With a strong one!/);
    const [comment] = (await bread.comments(post.url)).comments;
    assert.match(comment?.replies[0]?.text ?? "", /With a strong one!/);
  });

  it("like and boost: counted, with the face", async () => {
    await cheese.ask("like", { post: post.uri });
    await cheese.ask("boost", { post: post.uri });
    const reactions = async () => (await bread.comments(post.url)).reactions;
    await soon(
      async () => (await reactions()).likes === 1 && (await reactions()).boosts === 1,
      "the reactions",
    );
    assert.equal((await reactions()).likers[0]?.handle, cheese.handle);
    assert.equal((await reactions()).boosters[0]?.handle, cheese.handle);

    await cheese.ask("unlike", { post: post.uri });
    await cheese.ask("unboost", { post: post.uri });
    await soon(
      async () => (await reactions()).likes === 0 && (await reactions()).boosts === 0,
      "their undoing",
    );
  });

  it("delete of the reply: the comment is gone", async () => {
    await cheese.ask("remove", { post: reply.uri });
    await soon(
      async () => !JSON.stringify(await bread.comments(post.url)).includes("Best with cheese."),
      "the deletion",
    );
  });

  it("delete of the post: it is gone from the follower's timeline, and its page says so", async () => {
    await bread.ask("remove", { post: post.uri });
    await soon(
      async () => (await home()).every((one) => one.uri !== post.uri || one.content === ""),
      "the deletion",
    );
    assert.equal((await bread.page(new URL(post.url).pathname)).status, 410);
    const tombstone = await fetch(post.uri, { headers: { accept: "application/activity+json" } });
    assert.equal(tombstone.status, 410);
    assert.equal(((await tombstone.json()) as { type: string }).type, "Tombstone");
  });

  it("unfollow: nobody is told of the next post", async () => {
    await cheese.ask("unfollow", { handle: bread.handle });
    await soon(async () => (await bread.followers()) === 0, "the parting");
    const last = await bread.ask<Post>("publish", { markdown: "Said to nobody." });
    const report = await bread.ask<{ hosts: unknown[] }>("deliveries", { post: last.uri });
    assert.equal(report.hosts.length, 0);
    assert.ok((await home()).every((one) => one.uri !== last.uri));
  });
});
