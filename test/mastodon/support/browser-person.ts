import assert from "node:assert/strict";
import { noteMethod } from "./methods-called.ts";

/** A person at a browser, without the browser: keeps cookies, follows nothing by itself, fills in forms. */
export class BrowserPerson {
  readonly cookies = new Map<string, string>();
  readonly #origin: string;
  readonly #address: string;
  #agent = "Mozilla/5.0 (X11; Linux x86_64)";

  constructor(origin: string, options: { address?: string; agent?: string } = {}) {
    this.#origin = origin;
    this.#address =
      options.address ?? `10.8.${Math.floor(Math.random() * 250)}.${Math.floor(Math.random() * 250)}`;
    if (options.agent !== undefined) this.#agent = options.agent;
  }

  async open(path: string, headers: Record<string, string> = {}): Promise<Page> {
    return this.#request(path, { method: "GET", headers });
  }

  /** Sends a form as it stands on the page, with what the person fills in or clicks. */
  async send(
    page: Page,
    filled: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Page> {
    const { action, fields } = page.form();
    return this.post(action, { ...fields, ...filled }, headers);
  }

  async post(
    path: string,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Page> {
    return this.#request(path, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
      body: new URLSearchParams(fields).toString(),
    });
  }

  /** Logs in with the package's own form, on the way to `path` or just so. */
  async logIn(username: string, password: string, path?: string): Promise<Page> {
    const way = path === undefined ? "" : `?return=${encodeURIComponent(path)}`;
    return this.send(await this.open(`/fediverse/login${way}`), { username, password });
  }

  async #request(path: string, init: RequestInit & { headers: Record<string, string> }): Promise<Page> {
    noteMethod(init.method ?? "GET", path);
    const response = await fetch(new URL(path, this.#origin), {
      ...init,
      redirect: "manual",
      headers: {
        accept: "text/html",
        "user-agent": this.#agent,
        "x-forwarded-for": this.#address,
        cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; "),
        ...init.headers,
      },
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const at = pair.indexOf("=");
      if (/Max-Age=0/i.test(line)) this.cookies.delete(pair.slice(0, at));
      else this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return new Page(response.status, response.headers, await response.text());
  }
}

export class Page {
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;

  constructor(status: number, headers: Headers, html: string) {
    this.status = status;
    this.headers = headers;
    this.html = html;
  }

  /** Where the answer leads. */
  get location(): string {
    const location = this.headers.get("location");
    assert.ok(location, `no Location: ${this.status} ${this.html.slice(0, 300)}`);
    return location;
  }

  /** The first form (or the one that holds `containing`): its action and the fields as they stand. */
  form(containing = ""): { action: string; fields: Record<string, string> } {
    const forms = this.html.match(/<form[\s\S]*?<\/form>/g) ?? [];
    const form = forms.find((text) => text.includes(containing));
    assert.ok(form, `no form in ${this.html.slice(0, 500)}`);
    const fields: Record<string, string> = {};
    for (const [tag] of form.matchAll(/<input[^>]*>/g)) {
      const at = (name: string): string | undefined => new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
      const name = at("name");
      if (name === undefined) continue;
      if ((at("type") === "radio" || at("type") === "checkbox") && !/\schecked/.test(tag)) continue;
      fields[name] = unescape(at("value") ?? "");
    }
    return { action: unescape(/action="([^"]*)"/.exec(form)?.[1] ?? ""), fields };
  }
}

function unescape(text: string): string {
  return text
    .replace(/&#x([0-9a-f]+);/gi, (_all, code: string) => String.fromCodePoint(parseInt(code, 16)))
    .replace(/&quot;/g, '"')
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&amp;/g, "&");
}
