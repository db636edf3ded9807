import { Router, type Request, type Response } from "express";
import type { ActorRow } from "../database/rows.ts";
import { localAccount } from "../domain/accounts.ts";
import { findPost } from "../domain/find-post.ts";
import { seenByAnyone } from "../domain/visibility.ts";
import type { Site } from "../site.ts";
import { InvalidInput, NotFound } from "../support/errors.ts";
import { LIMITS } from "../support/limits.ts";
import { formatHandle, parseHandle } from "../text/handles.ts";
import type { Intent } from "./onward.ts";
import { personView } from "./people.ts";
import { sendPage } from "./respond.ts";
import { VisitorBudget } from "./visitor-budget.ts";
import { rememberedHandle, rememberHandle } from "./visitor-cookie.ts";
import { findOwnServer } from "./visitor-server.ts";
import type { Views } from "./views.ts";

/** What a dialog is about. */
interface Matter {
  intent: Intent;
  /** Id of the account or post. */
  uri: string;
  view: "follow" | "interact";
  title: string;
  /** Further values of the view. */
  shown: object;
  form: { action: string; button: string; hidden: { name: string; value: string }[] };
}

/**
 * `/fediverse/follow?account=name` and `/fediverse/interact?uri=…&action=reply|boost|like`: the visitor types their
 * handle and is sent to the page of their own server where they go on.
 */
export function dialogRoutes(site: Site, views: Views): Router {
  const router = Router();
  const budget = new VisitorBudget(site.clock);
  router.get("/fediverse/follow", async (request, response) => {
    await dialog(site, views, budget, await followMatter(site, request.query), request, response);
  });
  router.get("/fediverse/interact", async (request, response) => {
    await dialog(site, views, budget, await interactMatter(site, request.query), request, response);
  });
  return router;
}

async function followMatter(site: Site, query: Record<string, unknown>): Promise<Matter> {
  const username = query["account"];
  if (typeof username !== "string" || username === "") {
    throw new InvalidInput(
      "Say whom to follow: ?account= and the name of an account.",
      "account-missing",
      400,
    );
  }
  const account = username.length > 100 ? null : await localAccount(site, username);
  if (account === null) throw new NotFound("There is no such account on this site.");
  const target = personView(site, account);
  return {
    intent: "follow",
    uri: account.uri,
    view: "follow",
    title: `Follow ${target.name}`,
    shown: { target, top: { href: `/@${account.username}`, text: target.name } },
    form: {
      action: "/fediverse/follow",
      button: "Follow",
      hidden: [{ name: "account", value: account.username }],
    },
  };
}

const ACTIONS = {
  reply: {
    title: "Reply from your own server",
    explanation: "Type your own fediverse handle: your server opens the post, and there you answer it.",
    button: "Reply",
  },
  boost: {
    title: "Boost from your own server",
    explanation: "Type your own fediverse handle: your server opens the post, and there you boost it.",
    button: "Boost",
  },
  like: {
    title: "Like from your own server",
    explanation: "Type your own fediverse handle: your server opens the post, and there you like it.",
    button: "Like",
  },
} as const;

async function interactMatter(site: Site, query: Record<string, unknown>): Promise<Matter> {
  const { uri } = query;
  if (typeof uri !== "string" || uri === "" || uri.length > LIMITS.urlLength) {
    throw new InvalidInput("Say which post: ?uri= and its address.", "uri-missing", 400);
  }
  const wanted = query["action"];
  const intent =
    typeof wanted === "string" && Object.hasOwn(ACTIONS, wanted) ? (wanted as keyof typeof ACTIONS) : "reply";
  const action = ACTIONS[intent];
  const post = await findPost(site, uri);
  const author =
    post === null ? null : await site.models.actors.findById(post.author).lean<ActorRow | null>();
  if (post === null || author === null || !seenByAnyone(post))
    throw new NotFound("There is no such post here.");
  const target = {
    author: personView(site, author),
    uri: post.uri,
    url: post.url,
    ...(post.title === undefined ? {} : { title: post.title }),
    excerpt: post.warning ?? post.summary ?? post.excerpt,
  };
  return {
    intent,
    uri: post.uri,
    view: "interact",
    title: action.title,
    shown: { target, action },
    form: {
      action: "/fediverse/interact",
      button: action.button,
      hidden: [
        { name: "uri", value: post.uri },
        { name: "action", value: intent },
      ],
    },
  };
}

async function dialog(
  site: Site,
  views: Views,
  budget: VisitorBudget,
  matter: Matter,
  request: Request,
  response: Response,
): Promise<void> {
  const typed = request.query["handle"];
  const show = (
    status: number,
    more: { problem?: string; onward?: { href: string; host: string } },
  ): void => {
    const remembered = rememberedHandle(request);
    const html = views.render(matter.view, {
      site: { host: site.urls.host },
      head: { title: matter.title, noindex: true, links: [], meta: [] },
      ...matter.shown,
      ...more,
      form: {
        ...matter.form,
        handle: typeof typed === "string" ? typed.slice(0, 512) : (remembered ?? ""),
        remembered: typed === undefined ? remembered !== undefined : request.query["remember"] === "1",
      },
    });
    sendPage(request, response, site.urls.origin, html, {
      status,
      // The form's answer is a redirect to the visitor's server, and browsers hold redirects to this rule, too.
      formAction: site.options.allowPrivateNetwork ? "'self' https: http:" : "'self' https:",
      cache: "private, no-store",
    });
  };

  if (typed === undefined) {
    show(200, {});
    return;
  }
  const handle = typeof typed === "string" ? parseHandle(typed) : undefined;
  if (handle === undefined) {
    show(422, {
      problem: "This is no handle. It has two parts, your name and your server, such as @you@your.server.",
    });
    return;
  }
  const wait = budget.take(request.ip ?? "");
  if (wait > 0) {
    response.set("Retry-After", String(wait));
    show(429, { problem: `That was a lot of tries. Please wait ${wait} seconds.` });
    return;
  }
  const found = await findOwnServer(site, handle, matter.intent, matter.uri);
  if (!found.ok) {
    show(found.status, { problem: found.problem });
    return;
  }
  const secure = site.urls.origin.startsWith("https:");
  rememberHandle(response, request.query["remember"] === "1" ? formatHandle(handle) : undefined, secure);
  if (cameFromElsewhere(request)) {
    show(200, { onward: { href: found.url, host: new URL(found.url).host } });
    return;
  }
  response.set({ "Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer" });
  response.redirect(303, found.url);
}

/**
 * A link on another site with a handle already in it would make us redirect anybody anywhere: whoever follows one reads
 * first where it leads. Browsers since 2023 say where a request comes from; only our own form goes on at once.
 */
function cameFromElsewhere(request: Request): boolean {
  const from = request.get("sec-fetch-site");
  return from !== undefined && from !== "same-origin";
}
