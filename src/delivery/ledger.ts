import { deliveriesOf } from "./collections.ts";
import type { Site } from "../site.ts";
import { announce } from "../site.ts";
import { endingWrites, type Ending, type Operation } from "./endings.ts";
import { bringBack, type HostBook } from "./hosts.ts";
import { forgiveInboxes, strike } from "./strikes.ts";

/** A batch is written when it has so many endings, or is so many milliseconds old. */
const BATCH = 16;
const PATIENCE = 5;

export interface LedgerListener {
  /** A batch is written. `freed`: rows may have become due by it. */
  onWritten(endings: Ending[], freed: boolean): void;
  /** The store failed; the batch is kept until the next `flush`. */
  onFailed(error: unknown): void;
}

/**
 * Endings on their way into the store, in batches, while the next deliveries are under way. While the store is away they
 * stay here; nothing is lost by it, since the rows stay ours until somebody else takes them over.
 */
export class Ledger {
  readonly #site: Site;
  readonly #book: HostBook;
  readonly #lease: string;
  readonly #listener: LedgerListener;
  #endings: Ending[] = [];
  #others: Operation[] = [];
  #revived = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  /** Endings in the batch that is being written. */
  #writing = 0;
  /** Inboxes with strikes may exist; asked of the store once at the start. */
  #struck: boolean | undefined;

  constructor(site: Site, book: HostBook, lease: string, listener: LedgerListener) {
    this.#site = site;
    this.#book = book;
    this.#lease = lease;
    this.#listener = listener;
  }

  add(ending: Ending): void {
    this.#endings.push(ending);
    this.#soon();
  }

  /** A write that goes with the next batch. */
  write(operation: Operation): void {
    this.#others.push(operation);
    this.#soon();
  }

  /** The host is back: rows pushed away because of it are due. */
  revive(host: string): void {
    this.#revived.add(host);
    this.#soon();
  }

  /** Writes everything. Rejects when the store fails; what was not written is kept for the next call. */
  async flush(): Promise<void> {
    while (this.#flushing !== undefined || this.#pending) {
      await (this.#flushing ?? this.#start());
    }
  }

  /** Deliveries that have ended and would be made again if this process died now. */
  get unwritten(): number {
    return this.#endings.length + this.#writing;
  }

  get #pending(): boolean {
    return this.#endings.length > 0 || this.#others.length > 0 || this.#revived.size > 0;
  }

  #soon(): void {
    if (this.#flushing !== undefined) return;
    if (this.#endings.length >= BATCH) this.#background();
    else this.#timer ??= setTimeout(() => this.#background(), PATIENCE);
  }

  #background(): void {
    if (this.#flushing === undefined) this.#start().catch((error: unknown) => this.#listener.onFailed(error));
  }

  #start(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing = this.#write().then(
      () => {
        this.#flushing = undefined;
        if (this.#pending) this.#soon();
      },
      (error: unknown) => {
        this.#flushing = undefined;
        throw error;
      },
    );
    return this.#flushing;
  }

  async #write(): Promise<void> {
    const endings = this.#endings;
    const others = this.#others;
    const revived = this.#revived;
    this.#endings = [];
    this.#others = [];
    this.#revived = new Set();
    this.#writing = endings.length;
    try {
      const writes = [...endingWrites(this.#site, endings, this.#lease), ...others];
      await Promise.all([
        writes.length === 0 ? undefined : deliveriesOf(this.#site).bulkWrite(writes, { ordered: false }),
        this.#book.save(),
        this.#judgeFollowers(endings),
      ]);
      for (const host of revived) await bringBack(this.#site, host);
    } catch (error) {
      this.#writing = 0;
      this.#endings = [...endings, ...this.#endings];
      this.#others = [...others, ...this.#others];
      for (const host of revived) this.#revived.add(host);
      throw error;
    }
    this.#writing = 0;
    this.#listener.onWritten(endings, others.length > 0 || revived.size > 0);
    for (const ending of endings) tell(this.#site, ending);
  }

  async #judgeFollowers(endings: Ending[]): Promise<void> {
    const codes = new Map<string, 404 | 410>();
    for (const { row, code } of endings) if (code === 404 || code === 410) codes.set(row.inbox, code);
    for (const [inbox, code] of codes) await strike(this.#site, inbox, code);
    if (codes.size > 0) this.#struck = true;
    const delivered = endings.filter(({ verdict }) => verdict.state === "delivered");
    if (delivered.length === 0) return;
    this.#struck ??= (await this.#site.models.follows.exists({ struckAt: { $gt: new Date(0) } })) !== null;
    if (this.#struck)
      await forgiveInboxes(
        this.#site,
        delivered.map(({ row }) => row.inbox),
      );
  }
}

function tell(site: Site, { row, verdict, code, error }: Ending): void {
  const about = { inbox: row.inbox, activity: row.activity };
  if (verdict.state === "delivered") announce(site, "delivered", { ...about, code: code ?? 200 });
  else if (verdict.state === "failed") {
    const reason = error ?? `the server answered ${code ?? "nothing"}`;
    announce(site, "deliveryFailed", { ...about, error: reason });
    site.logger.warn(
      { ...about, code, error: reason, attempts: row.attempts + 1 },
      "a delivery was given up",
    );
  } else {
    site.logger.debug(
      { ...about, code, error, nextAt: verdict.nextAt },
      "a delivery waits for its next attempt",
    );
  }
}
