import type { Request, Response } from "express";
import type { ActorRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { addressKey } from "../support/addresses.ts";
import { identify, mustLookUp, permit, personOf, tokenOf, type Auth, type Viewer } from "./authenticate.ts";
import { isMultipart, readBody, readQuery } from "./body.ts";
import { ApiError } from "./errors.ts";
import { emptyBag } from "./nesting.ts";
import { setLink, type Cursor } from "./paging.ts";
import { Params } from "./params.ts";
import { RateLimits, type BudgetName } from "./rate-limits.ts";
import { RouteTable } from "./route-table.ts";
import { Uploads, type UploadedFile } from "./uploads.ts";

export type { Auth, Viewer } from "./authenticate.ts";
export type { UploadedFile } from "./uploads.ts";

/** What one method asks of its caller. */
export interface MethodOptions {
  /** One, or any of several. */
  scope?: string | readonly string[];
  /** Default `user`. */
  auth?: Auth;
  /** Takes files as multipart. */
  upload?: boolean;
  /** A budget beside the usual one. */
  budget?: Exclude<BudgetName, "token" | "address">;
  /**
   * Only has to know who calls (`_id`, `uri`), nothing that a profile or its settings say: spares the lists that apps
   * ask for most the first of their round trips.
   */
  whoOnly?: boolean;
}

/** One call of a method. */
export interface Context {
  readonly site: Site;
  readonly request: Request;
  readonly response: Response;
  readonly viewer: Viewer;
  /** The person who calls. Reading it throws ApiError 422 where there is none: use `viewer` in methods open to all. */
  readonly account: ActorRow;
  /** Path, query and body in one bag. */
  readonly params: Params;
  /** Empty unless the method is one for uploads. */
  readonly files: readonly UploadedFile[];
  /** The Link header, see `setLink` in paging.ts. */
  link(pages: { next?: Cursor | undefined; prev?: Cursor | undefined }): void;
}

/**
 * Gives the body, which is sent as JSON with 200 or the status set on `context.response`; nothing (`undefined`) is `{}`.
 * What it throws is answered in upstream's words. One that sends by itself (a stream) has written its head before it
 * returns.
 */
export type Handler = (context: Context) => unknown;

type Register = (path: string, options: MethodOptions, handler: Handler) => void;

/** Where the files in `routes/` register their methods; paths as upstream's documentation has them, with `:id`. */
export interface Api {
  readonly site: Site;
  get: Register;
  post: Register;
  put: Register;
  patch: Register;
  delete: Register;
}

interface Method {
  options: MethodOptions;
  scopes: readonly string[];
  handler: Handler;
}

/** The methods of one site, and how each call of them goes. */
export class ApiTable implements Api {
  readonly site: Site;
  readonly #methods = new RouteTable<Method>();
  readonly #limits: RateLimits;
  readonly #uploads: Uploads;

  constructor(site: Site) {
    this.site = site;
    this.#limits = new RateLimits(site.clock, site.options.api.requestsPer5Minutes);
    this.#uploads = new Uploads(site);
  }

  readonly get: Register = (path, options, handler) => this.#add("GET", path, options, handler);
  readonly post: Register = (path, options, handler) => this.#add("POST", path, options, handler);
  readonly put: Register = (path, options, handler) => this.#add("PUT", path, options, handler);
  readonly patch: Register = (path, options, handler) => this.#add("PATCH", path, options, handler);
  readonly delete: Register = (path, options, handler) => this.#add("DELETE", path, options, handler);

  #add(verb: string, path: string, options: MethodOptions, handler: Handler): void {
    const { scope = [] } = options;
    this.#methods.add(verb, path, { options, handler, scopes: typeof scope === "string" ? [scope] : scope });
  }

  /**
   * Answers a request.
   * @throws whatever the method throws; ApiError 404 where there is no such method.
   */
  async answer(request: Request, response: Response): Promise<void> {
    const verb = request.method === "HEAD" ? "GET" : request.method;
    const found = this.#methods.find(verb, request.path);
    const address = addressKey(request.ip);
    if (found === undefined) {
      await this.#limits.take("address", address, response);
      throw new ApiError(404, "Not found");
    }
    const { options, scopes, handler } = found.value;
    const { auth = "user" } = options;
    const query = readQuery(request);
    // Files are only read once it is known whose they are; of everything else the token may be part.
    const multipart = isMultipart(request);
    const body = multipart ? emptyBag() : await readBody(request);
    const early = new Params(query, body, found.path);
    const viewer = auth === "none" ? {} : await this.#identify(request, response, early, options);
    if (viewer.token === undefined) await this.#limits.take("address", address, response);
    else await this.#limits.take("token", String(viewer.token._id), response);
    permit(viewer, auth, scopes);
    if (options.budget !== undefined)
      await this.#limits.take(
        options.budget,
        viewer.token === undefined ? address : String(viewer.token._id),
        response,
      );

    const sent = multipart ? await this.#uploads.read(request, response, options.upload === true) : undefined;
    const params = sent === undefined ? early : new Params(query, sent.bag, found.path);
    const files = sent?.files ?? [];
    const context: Context = {
      site: this.site,
      request,
      response,
      viewer,
      get account() {
        return personOf(viewer);
      },
      params,
      files,
      link: (pages) => setLink(context, pages),
    };
    let answer: unknown;
    try {
      answer = await handler(context);
    } finally {
      await this.#uploads.clear(files);
    }
    send(response, request, answer);
  }

  /** A flood of made-up tokens must not become a flood of look-ups. */
  async #identify(
    request: Request,
    response: Response,
    params: Params,
    { whoOnly = false }: MethodOptions,
  ): Promise<Viewer> {
    const address = addressKey(request.ip);
    const secret = tokenOf(request, params);
    if (mustLookUp(this.site, secret) && (await this.#limits.isSpent("address", address)))
      await this.#limits.take("address", address, response);
    try {
      return await identify(this.site, secret, { recent: whoOnly });
    } catch (error) {
      if (error instanceof ApiError) await this.#limits.take("address", address, response);
      throw error;
    }
  }
}

function send(response: Response, request: Request, body: unknown): void {
  if (response.headersSent) return;
  const bytes = Buffer.from(JSON.stringify(body ?? {}));
  if (!response.hasHeader("Cache-Control")) response.setHeader("Cache-Control", "private, no-store");
  if (!response.hasHeader("Content-Type"))
    response.setHeader("Content-Type", "application/json; charset=utf-8");
  response.setHeader("Vary", "Authorization, Origin");
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("Content-Length", bytes.length);
  response.end(request.method === "HEAD" ? undefined : bytes);
}
