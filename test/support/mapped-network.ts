import { NetworkError, type Fetched, type Network } from "../../src/network/network.ts";

type GetOptions = NonNullable<Parameters<Network["get"]>[1]>;
type PostOptions = Parameters<Network["post"]>[1];
type Posted = Awaited<ReturnType<Network["post"]>>;

export interface MappedAnswer {
  status?: number;
  body?: unknown;
  contentType?: string;
}

/** A network without sockets: GETs are answered from a table, posts are recorded. What is not in the table is 404. */
export class MappedNetwork implements Network {
  readonly asked: string[] = [];
  readonly posted: { url: string; body: unknown }[] = [];
  readonly #table = new Map<string, MappedAnswer | Error>();

  /** Answers `url` so from now on. An object as body is sent as JSON. */
  serve(url: string, answer: MappedAnswer | Error): void {
    this.#table.set(url, answer);
  }

  /** An ActivityPub document at its own id. */
  document(document: Record<string, unknown>): void {
    this.serve(String(document.id), {
      body: document,
      contentType: "application/activity+json; charset=utf-8",
    });
  }

  /** WebFinger of `acct:username@host` that leads to `actor`. */
  webfinger(scheme: string, username: string, host: string, actor: string): void {
    const resource = encodeURIComponent(`acct:${username}@${host}`);
    this.serve(`${scheme}//${host}/.well-known/webfinger?resource=${resource}`, {
      body: {
        subject: `acct:${username}@${host}`,
        links: [{ rel: "self", type: "application/activity+json", href: actor }],
      },
      contentType: "application/jrd+json",
    });
  }

  get(url: string, options: GetOptions = {}): Promise<Fetched> {
    this.asked.push(url);
    const found = this.#table.get(url) ?? { status: 404 };
    if (found instanceof Error) return Promise.reject(found);
    if (options.signal?.aborted === true)
      return Promise.reject(new NetworkError("aborted", new URL(url).host));
    const { status = 200, body = "", contentType = "application/activity+json" } = found;
    return Promise.resolve({
      status,
      url,
      headers: {},
      body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
      contentType,
    });
  }

  post(url: string, options: PostOptions): Promise<Posted> {
    this.posted.push({ url, body: JSON.parse(options.body.toString()) as unknown });
    return Promise.resolve({ status: 202, headers: {}, text: "" });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
