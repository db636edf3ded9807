import { onRevocation } from "../../domain/tokens.ts";
import type { TokenRow } from "../../database/rows.ts";
import type { Site } from "../../site.ts";
import { SECOND } from "../../support/clock.ts";
import { reasonOf } from "../../support/errors.ts";

/** Why a connection is ended from our side. */
export type Ending = "revoked" | "closing";

/** One open stream, by WebSocket or by server-sent events. */
export interface Connection {
  /** `_id` of the token it was opened with. */
  readonly token: number;
  /** A sign of life to the client, and a look for one of its own. */
  beat(): void;
  end(why: Ending): void;
}

/** Signs of life: what lies in between (proxies, mobile networks) forgets connections that say nothing for a minute. */
const BEAT = 15 * SECOND;
/** Connections of one token: a person has so many windows, not more. */
const MOST_OF_A_TOKEN = 20;

/** The open streams of one site in this process. */
export class Connections {
  readonly #site: Site;
  readonly #open = new Set<Connection>();
  #timer: NodeJS.Timeout | undefined;
  #ignoreRevocations: (() => void) | undefined;

  constructor(site: Site) {
    this.#site = site;
  }

  get size(): number {
    return this.#open.size;
  }

  hasRoomFor(token: number): boolean {
    return this.#of(token).length < MOST_OF_A_TOKEN;
  }

  /** Takes part in beats and endings until the returned function is called. */
  add(connection: Connection): () => void {
    this.#open.add(connection);
    this.#timer ??= setInterval(() => void this.beat(), BEAT).unref();
    this.#ignoreRevocations ??= onRevocation(this.#site, (token) => {
      for (const each of this.#of(token)) each.end("revoked");
    });
    return () => {
      this.#open.delete(connection);
      if (this.#open.size === 0) this.#rest();
    };
  }

  /** One beat: signs of life, and the end of those whose token was revoked by another process. */
  async beat(): Promise<void> {
    for (const connection of [...this.#open]) connection.beat();
    const tokens = [...new Set([...this.#open].map((connection) => connection.token))];
    if (tokens.length === 0) return;
    try {
      const rows = await this.#site.models.tokens
        .find({ _id: { $in: tokens } }, { _id: 1 })
        .lean<TokenRow[]>();
      const good = new Set(rows.map((row) => row._id));
      for (const connection of [...this.#open]) {
        if (tokens.includes(connection.token) && !good.has(connection.token)) connection.end("revoked");
      }
    } catch (error) {
      this.#site.logger.debug(
        { reason: reasonOf(error) },
        "tokens of streams are looked at again in a moment",
      );
    }
  }

  closeAll(): void {
    for (const connection of [...this.#open]) connection.end("closing");
    this.#rest();
  }

  #of(token: number): Connection[] {
    return [...this.#open].filter((connection) => connection.token === token);
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#ignoreRevocations?.();
    this.#ignoreRevocations = undefined;
  }
}

const known = new WeakMap<Site, Connections>();

export function connectionsOf(site: Site): Connections {
  let connections = known.get(site);
  if (!connections) known.set(site, (connections = new Connections(site)));
  return connections;
}
