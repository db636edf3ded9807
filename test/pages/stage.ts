import express, { type Express } from "express";
import type { ActorRow, PostRow } from "../../src/database/rows.ts";
import { publishPost } from "../../src/domain/posts.ts";
import type { PostInput } from "../../src/domain/post-input.ts";
import type { Network } from "../../src/network/network.ts";
import type { FediverseOptions } from "../../src/options.ts";
import { pagesRouter } from "../../src/pages/router.ts";
import type { Site } from "../../src/site.ts";
import type { FediverseError } from "../../src/support/errors.ts";
import { makeSite } from "../support/make-site.ts";
import { TestClock } from "../support/test-clock.ts";

export interface Stage {
  site: Site;
  /** A host with the pages mounted; what is not theirs it answers itself, with 404 and "the host". */
  app: Express;
  clock: TestClock;
  account(username?: string): Promise<ActorRow>;
  publish(post: PostInput): Promise<PostRow>;
  close(): Promise<void>;
}

/** A site whose pages stand in a host of their own, without the other faces. */
export async function stage(options: Partial<FediverseOptions> & { network?: Network } = {}): Promise<Stage> {
  const clock = new TestClock();
  const made = await makeSite({ clock, ...options });
  const app = express();
  app.use(pagesRouter(made.site));
  app.use((_request, response) => void response.status(404).send("the host"));
  app.use(((error: FediverseError, _request, response, _next) => {
    response.status(error.status ?? 500).json({ error: error.message, code: error.code });
  }) as express.ErrorRequestHandler);
  return {
    site: made.site,
    app,
    clock,
    account: (username = "blog") => made.account(username),
    publish: (post) => publishPost(made.site, post),
    close: () => made.close(),
  };
}

/** What somebody with bad intentions writes into every field there is. */
export const HOSTILE = `"><script>alert(1)</script><img src=x onerror=alert(2)>{{constructor}}' onmouseover='x`;

/** Fails where a page holds what would run. */
export function runsNothing(html: string): boolean {
  const tags = html.match(/<[a-z!/][^>]*>/gi) ?? [];
  return tags.every(
    (tag) =>
      !/\son[a-z]+\s*=/i.test(tag.replace(/="[^"]*"/g, '=""')) &&
      !/(?:href|src|action)="\s*(?:javascript|data|vbscript):/i.test(tag) &&
      (!/^<script/i.test(tag) || /^<script src="\/fediverse\/assets\//.test(tag)),
  );
}
