import { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { NextFunction, Request, RequestHandler, Response } from "express";
import { createClockwork } from "./clockwork.ts";
import { openDatabase } from "./database/connect.ts";
import { migrate } from "./database/migrate.ts";
import { createModels } from "./database/models.ts";
import type { ActorRow, PostRow } from "./database/rows.ts";
import { deliveryReport, type DeliveryReport } from "./delivery/report.ts";
import { ensureAccount, ensureAccounts } from "./domain/accounts.ts";
import { claimStore } from "./domain/claim-store.ts";
import { hideComment, showComment } from "./domain/comments.ts";
import { findPost } from "./domain/find-post.ts";
import { firstStart } from "./domain/first-start.ts";
import { reactionsOf, type Reactions } from "./domain/interactions.ts";
import type { PostInput } from "./domain/post-input.ts";
import { publishPost, removePost, updatePost } from "./domain/posts.ts";
import { commentsOf, type CommentPage } from "./domain/thread.ts";
import { answerError } from "./error-answer.ts";
import { createNetwork } from "./network/network.ts";
import { crossOrigin } from "./mastodon/cors.ts";
import { StreamingServer, type UpgradingServer } from "./mastodon/streaming/server.ts";
import { readOptions, type AccountOptions, type FediverseOptions } from "./options.ts";
import { createViews } from "./pages/views.ts";
import { isApiPath, isOursByPath, mayWantActivity, pathOf } from "./paths.ts";
import type { Site, SiteEvents } from "./site.ts";
import { SECOND } from "./support/clock.ts";
import { FediverseError, reasonOf, StoreUnavailable } from "./support/errors.ts";
import { Urls } from "./support/urls.ts";
import { userAgent } from "./support/version.ts";

/** How long a request waits for a site that is just starting. */
const PATIENCE = 5 * SECOND;

/**
 * The middleware of one site, with what the host's own code may do with it. Typed by Node's own request and response, so
 * that a host of Express 4 or 5 takes it whatever type packages it has.
 */
export interface Fediverse {
  (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void;
  /** Fulfilled when the site answers; rejected when it cannot start, or has no database within `startTimeout`. */
  readonly ready: Promise<void>;
  /** Stores a post and queues it for every follower. The same `url` again changes it, or does nothing. */
  publish(post: PostInput): Promise<PostRow>;
  /** Changes a post found by its id or page; fields left out stay. */
  update(name: string, changes: Partial<PostInput>): Promise<PostRow>;
  /** Removes a post found by its id or page, everywhere. */
  remove(name: string): Promise<PostRow>;
  /** The comments under a page, threaded, for the host's template. */
  comments(url: string, options?: { limit?: number; after?: string }): Promise<CommentPage>;
  /** Counts and faces of likes and boosts of a page. */
  reactions(url: string): Promise<Reactions>;
  /** What became of a post's deliveries, by host; `undefined` for a page that is no post of ours. */
  deliveries(url: string): Promise<DeliveryReport | undefined>;
  /** Takes a comment (by id or page) out of every page, or back. */
  hideComment(name: string): Promise<void>;
  showComment(name: string): Promise<void>;
  /** Makes an account, or changes its profile. */
  account(profile: { username: string } & Partial<AccountOptions>): Promise<ActorRow>;
  /**
   * Lets apps hear what happens while it happens: serves WebSockets at `/api/v1/streaming` of this HTTP server and leaves
   * upgrades to other paths alone. A middleware never sees them, so the server has to be given: `fedi.attach(server)`.
   */
  attach(server: UpgradingServer): void;
  on<Name extends keyof SiteEvents>(
    event: Name,
    listener: (...detail: SiteEvents[Name]) => unknown,
  ): Fediverse;
  off<Name extends keyof SiteEvents>(
    event: Name,
    listener: (...detail: SiteEvents[Name]) => unknown,
  ): Fediverse;
  /** Finishes what is in flight, gives back the rest, closes what this package opened. */
  close(): Promise<void>;
  /** For extensions and tests: the site behind the middleware. Its shape may change between minor versions. */
  readonly site: Site;
}

/**
 * Puts an Express site on the fediverse.
 * @throws {OptionsError} for wrong options, at once; everything else is told through `ready`.
 * @example app.use(fediverse({ origin: "https://blog.example", accounts: [{ username: "blog" }] }));
 */
export function fediverse(given: FediverseOptions): Fediverse {
  const options = readOptions(given);
  const urls = new Urls(options.origin);
  const { logger, clock } = options;
  if (options.allowPrivateNetwork) {
    logger.warn(
      { origin: options.origin },
      "allowPrivateNetwork is on: http and private addresses are permitted. Never run a public site like this",
    );
  }
  const database = openDatabase(options);
  const events = new EventEmitter<SiteEvents>();
  const site: Site = {
    options,
    urls,
    connection: database.connection,
    models: createModels(database.connection, options.collectionPrefix),
    network: createNetwork({
      userAgent: userAgent(options.origin),
      allowPrivateNetwork: options.allowPrivateNetwork,
      clock,
    }),
    clock,
    logger,
    events,
    faces: {},
    wake: (work) => {
      if (options.clockwork && started) clockwork.wake(work);
    },
  };
  const clockwork = createClockwork(site);
  let started = false;
  let closing: Promise<void> | undefined;

  const opening = open();
  // How long the sources read is their affair: a folder of thousands of posts takes minutes the first time.
  const starting = opening.then(startSources);
  // Told through `ready`, which may have been rejected before.
  starting.catch(() => undefined);
  const opened = withTimeout(opening, options.startTimeout * SECOND, () => {
    return new FediverseError(
      `The database did not answer within ${options.startTimeout} seconds. The site keeps trying; its own pages answer 503 until then. Check the option "database".`,
      { code: "start-timeout", status: 503 },
    );
  });
  const ready = opened.then(() => starting);
  // A host that does not look at `ready` must not be ended by it; the log says what happened.
  ready.catch((error: unknown) => {
    if (!closing) logger.error({ error: reasonOf(error) }, "the site could not start");
  });

  async function open(): Promise<void> {
    await database.opened;
    await migrate(site.models, { clock, logger });
    await claimStore(site);
    await firstStart(site);
    await ensureAccounts(site);
    if (closing) return;
    started = true;
    if (options.clockwork) clockwork.start();
  }

  async function startSources(): Promise<void> {
    for (const source of options.posts) {
      if (closing) return;
      await source.start(site);
    }
  }

  const streaming = new StreamingServer(site, async () => {
    if (!started && !closing) await Promise.race([opening.catch(() => undefined), pause(PATIENCE)]);
    return started && !closing && database.available();
  });

  async function close(): Promise<void> {
    await streaming.close();
    for (const source of options.posts) await source.stop();
    if (started) await clockwork.stop();
    await site.network.close();
    await database.close();
    await starting.catch(() => undefined);
  }

  const activitypub = faceOnDemand(async () =>
    (await import("./activitypub/router.ts")).activitypubRouter(site),
  );
  const negotiate = faceOnDemand(async () =>
    (await import("./activitypub/negotiation.ts")).negotiation(site),
  );
  const api = faceOnDemand(async () => (await import("./mastodon/router.ts")).mastodonRouter(site));
  // What is wrong with views of the host's own is told at once.
  const views = options.views === undefined ? undefined : createViews(options.views);
  const pages = faceOnDemand(async () => (await import("./pages/router.ts")).pagesRouter(site, views));

  async function serve(
    request: Request,
    response: Response,
    next: NextFunction,
    face: RequestHandler,
  ): Promise<void> {
    const fail = (error: unknown): void => answerError(site, error, request, response);
    try {
      if (closing) throw new StoreUnavailable(undefined, 10);
      if (!started) await Promise.race([opening.catch(() => undefined), pause(PATIENCE)]);
      if (!started || !database.available()) throw new StoreUnavailable();
      await face(request, response, (error?: unknown) => {
        if (error === undefined || error === null || error === "router" || error === "route") next();
        else fail(error);
      });
    } catch (error) {
      fail(error);
    }
  }

  const ours: RequestHandler = (request, response, next) =>
    activitypub(request, response, (error?: unknown) => {
      if (error !== undefined) next(error);
      else if (
        (request.method === "GET" || request.method === "HEAD") &&
        mayWantActivity(request.headers.accept)
      ) {
        negotiate(request, response, (failed?: unknown) =>
          failed === undefined ? pages(request, response, next) : next(failed),
        );
      } else pages(request, response, next);
    });

  const middleware = (request: Request, response: Response, next: NextFunction): void => {
    const path = pathOf(request);
    // Scripts of other sites must be able to read an error, too, and preflights need no store.
    if (isApiPath(path)) crossOrigin(request, response, () => void serve(request, response, next, api));
    else if (isOursByPath(path)) void serve(request, response, next, ours);
    else if (
      mayWantActivity(request.headers.accept) &&
      (request.method === "GET" || request.method === "HEAD")
    )
      void serve(request, response, next, negotiate);
    else next();
  };

  const whenReady = async <T>(work: () => Promise<T>): Promise<T> => {
    await opening;
    return work();
  };
  // Express has made them a Request and a Response before it calls.
  const self: Fediverse = Object.assign(middleware as Fediverse, {
    ready,
    site,
    publish: (post: PostInput) => whenReady(() => publishPost(site, post)),
    update: (name: string, changes: Partial<PostInput>) => whenReady(() => updatePost(site, name, changes)),
    remove: (name: string) => whenReady(() => removePost(site, name)),
    comments: (url: string, page?: { limit?: number; after?: string }) =>
      whenReady(() => commentsOf(site, url, page)),
    reactions: (url: string) => whenReady(() => reactionsOf(site, url)),
    deliveries: (url: string) =>
      whenReady(async () => {
        const post = await findPost(site, url);
        return post?.local === true ? deliveryReport(site, post._id) : undefined;
      }),
    hideComment: (name: string) => whenReady(() => hideComment(site, name)),
    showComment: (name: string) => whenReady(() => showComment(site, name)),
    account: (profile: { username: string } & Partial<AccountOptions>) =>
      whenReady(() => ensureAccount(site, profile)),
    attach: (server: UpgradingServer) => streaming.attach(server),
    on: <Name extends keyof SiteEvents>(event: Name, listener: (...detail: SiteEvents[Name]) => unknown) => {
      events.on(event, listener as never);
      return self;
    },
    off: <Name extends keyof SiteEvents>(event: Name, listener: (...detail: SiteEvents[Name]) => unknown) => {
      events.off(event, listener as never);
      return self;
    },
    close: () => (closing ??= close()),
  });
  return self;
}

/** `(request, response, next)`; what goes wrong is told to `next`. */
type FaceHandler = (...call: Parameters<RequestHandler>) => void;

/**
 * A face whose code is read by the first request for it. Until then it would only lie in memory: code that waits makes the
 * host's own pages slower, see `onDemand`.
 */
function faceOnDemand(load: () => Promise<RequestHandler>): FaceHandler {
  let loading: Promise<RequestHandler> | undefined;
  return (request, response, next) => {
    loading ??= load();
    loading.then((face) => face(request, response, next)).catch(next);
  };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}

function withTimeout(work: Promise<void>, milliseconds: number, error: () => Error): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(error()), milliseconds);
    // The host's process may end before: waiting is no work.
    timer.unref();
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
