import assert from "node:assert/strict";
import { noteMethod } from "./methods-called.ts";
import { ruleProblems } from "./rules.ts";
import { schemaProblems } from "./schemas.ts";

/** What a test looks at. `body` is whatever JSON came. */
export interface Answer {
  status: number;
  headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read it freely; the schemas have checked it
  body: any;
  /** Addresses of the Link header, as paths below the origin. */
  link: { next?: string; prev?: string };
}

export interface CallOptions {
  /** How parameters travel: default `query` for GET, `json` otherwise. `none`: in a body without a Content-Type. */
  as?: "query" | "form" | "json" | "multipart" | "none";
  headers?: Record<string, string>;
  /** The status that is right. Default: 200 (or 202). */
  expect?: number;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever a client might send
type Parameters = Record<string, any>;

/**
 * An app as tests write it. Every answer is held against the published schema of its method and the rules that clients
 * rely on, whatever the test itself looks at.
 */
export class ApiClient {
  readonly origin: string;
  readonly token: string | undefined;
  readonly #asUser: boolean;
  readonly #address: string | undefined;

  /** @param address told as X-Forwarded-For: each has rate limits of its own. */
  constructor(origin: string, options: { token?: string; asUser?: boolean; address?: string } = {}) {
    this.origin = origin;
    this.token = options.token;
    this.#asUser = options.asUser ?? options.token !== undefined;
    this.#address = options.address;
  }

  get(path: string, parameters?: Parameters, options?: CallOptions): Promise<Answer> {
    return this.call("GET", path, parameters, options);
  }
  post(path: string, parameters?: Parameters, options?: CallOptions): Promise<Answer> {
    return this.call("POST", path, parameters, options);
  }
  put(path: string, parameters?: Parameters, options?: CallOptions): Promise<Answer> {
    return this.call("PUT", path, parameters, options);
  }
  patch(path: string, parameters?: Parameters, options?: CallOptions): Promise<Answer> {
    return this.call("PATCH", path, parameters, options);
  }
  delete(path: string, parameters?: Parameters, options?: CallOptions): Promise<Answer> {
    return this.call("DELETE", path, parameters, options);
  }

  /** Walks `next` links from the first page until there is none; fails where the walk does not end. */
  async pages(path: string, parameters?: Parameters, most = 100): Promise<Answer[]> {
    const pages = [await this.get(path, parameters)];
    for (let next = pages[0]?.link.next; next !== undefined; next = pages.at(-1)?.link.next) {
      assert.ok(pages.length < most, `${path}: the links do not end`);
      pages.push(await this.get(next));
    }
    return pages;
  }

  async call(
    verb: string,
    path: string,
    parameters: Parameters = {},
    options: CallOptions = {},
  ): Promise<Answer> {
    const as = options.as ?? (verb === "GET" || verb === "HEAD" ? "query" : "json");
    const headers: Record<string, string> = {
      ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
      ...(this.#address === undefined ? {} : { "x-forwarded-for": this.#address }),
      ...options.headers,
    };
    let target = path;
    let body: string | FormData | Uint8Array<ArrayBuffer> | undefined;
    if (as === "query") {
      const query = formOf(parameters).toString();
      if (query !== "") target += `${path.includes("?") ? "&" : "?"}${query}`;
    } else if (as === "json") {
      headers["content-type"] ??= "application/json";
      body = JSON.stringify(parameters);
    } else if (as === "form") {
      headers["content-type"] ??= "application/x-www-form-urlencoded";
      body = formOf(parameters).toString();
    } else if (as === "multipart") body = multipartOf(parameters);
    // Bytes travel without a Content-Type of fetch's own.
    else body = new TextEncoder().encode(formOf(parameters).toString());

    const response = await fetch(this.origin + target, {
      method: verb,
      headers,
      redirect: "manual",
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    const answer = { status: response.status, headers: response.headers, body: parse(text) };
    noteMethod(verb, path);
    const said = `${verb} ${target} → ${answer.status} ${text.slice(0, 500)}`;
    const right =
      options.expect === undefined ? [200, 202].includes(answer.status) : answer.status === options.expect;
    assert.ok(right, `${said}\nwanted: ${options.expect ?? 200}`);
    const problems = [
      ...ruleProblems({ verb, path, origin: this.origin, asUser: this.#asUser, text, ...answer }),
      ...schemaProblems(verb, path, answer.status, answer.body),
    ];
    assert.deepEqual(problems, [], `${said}\n${problems.join("\n")}`);
    return { ...answer, link: linksOf(answer.headers.get("link"), this.origin) };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function linksOf(header: string | null, origin: string): { next?: string; prev?: string } {
  return Object.fromEntries(
    [...(header ?? "").matchAll(/<([^>]*)>; rel="(next|prev)"/g)].map(([, url = "", rel]) => [
      rel,
      url.slice(origin.length),
    ]),
  ) as { next?: string; prev?: string };
}

/** `{ id: [1, 2], poll: { options: ["a"] } }` → `id[]=1&id[]=2&poll[options][]=a`, as Rails and clients write it. */
export function formOf(parameters: Parameters): URLSearchParams {
  const form = new URLSearchParams();
  eachField(parameters, (name, value) => form.append(name, String(value)));
  return form;
}

/** The same as multipart; values that are Blobs or Files travel as files. */
function multipartOf(parameters: Parameters): FormData {
  const form = new FormData();
  eachField(parameters, (name, value) => {
    if (value instanceof Blob) form.append(name, value, value instanceof File ? value.name : "file");
    else form.append(name, String(value));
  });
  return form;
}

function eachField(value: unknown, add: (name: string, value: unknown) => void, name = ""): void {
  if (value === undefined) return;
  if (Array.isArray(value)) value.forEach((item) => eachField(item, add, `${name}[]`));
  else if (typeof value === "object" && value !== null && !(value instanceof Blob))
    for (const [key, inner] of Object.entries(value))
      eachField(inner, add, name === "" ? key : `${name}[${key}]`);
  else add(name, value === null ? "" : value);
}
