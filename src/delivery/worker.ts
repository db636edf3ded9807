import { randomUUID } from "node:crypto";
import type { Site } from "../site.ts";
import { announce } from "../site.ts";
import { isAway } from "../database/connect.ts";
import { SECOND } from "../support/clock.ts";
import { reasonOf } from "../support/errors.ts";
import { LIMITS } from "../support/limits.ts";
import { claimDue, type HeldRow } from "./claim.ts";
import { ended, endingOf, type Ending } from "./endings.ts";
import { hostBook, type HostBook } from "./hosts.ts";
import { learn } from "./learn.ts";
import { Lanes, Overflow } from "./lanes.ts";
import { Ledger } from "./ledger.ts";
import { attempt, Bodies, type Outcome } from "./send.ts";

/** Rows looked at in one claim. */
const CLAIM = 256;
/** Rows of one host held in memory, as a multiple of what it may have in flight. */
const DEPTH = 16;
/** Longest time that a timer of ours waits for pushed rows; what is later is left to the sweep. */
const LONGEST_TIMER = 60 * SECOND;
/** Times that `stop` tries to write the last endings. */
const LAST_TRIES = 3;

/** The sending end of the queue. */
export interface Deliverer {
  /**
   * Sends what is due until nothing is, and resolves when the last answer is written. Called while it runs, it makes the
   * run look again and resolves with it. When the store fails it logs that, announces `error` and resolves: what is not
   * written yet is kept and written by the next call.
   */
  drain(): Promise<void>;
  /** Finishes what is in flight and gives back the rest, so that another process goes on at once. Later drains do nothing. */
  stop(): Promise<void>;
}

/** Makes the worker of one site in this process; several processes may each have one. */
export function createDeliverer(site: Site): Deliverer {
  return new Worker(site);
}

class Worker implements Deliverer {
  readonly #site: Site;
  readonly #lease = randomUUID();
  readonly #book: HostBook;
  readonly #bodies: Bodies;
  readonly #lanes: Lanes<HeldRow>;
  readonly #overflow: Overflow;
  readonly #ledger: Ledger;
  readonly #held = new Set<number>();
  /** Rows that wait for one of ours, by its id. */
  readonly #followers = new Map<number, number[]>();
  /** Fewer rows than this in the lanes: time for the next claim. */
  readonly #low: number;
  #running: Promise<void> | undefined;
  #again = false;
  #stopping = false;
  #trouble: Error | undefined;
  #isTold = false;
  #timer: NodeJS.Timeout | undefined;
  #wakeUp: () => void = () => undefined;

  constructor(site: Site) {
    const { concurrency, perHost } = site.options.delivery;
    this.#site = site;
    this.#book = hostBook(site);
    this.#bodies = new Bodies(site);
    this.#lanes = new Lanes({ perHost, depth: perHost * DEPTH });
    this.#overflow = new Overflow(perHost);
    this.#ledger = new Ledger(site, this.#book, this.#lease, {
      onWritten: (endings, freed) => this.#written(endings, freed),
      onFailed: (error) => this.#report(error),
    });
    this.#low = concurrency * 2;
  }

  drain(): Promise<void> {
    this.#again = true;
    this.#wakeUp();
    if (this.#stopping) return this.#running ?? Promise.resolve();
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    this.#wakeUp();
    await this.#running;
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#ledger.flush();
        return;
      } catch (error) {
        if (tries < LAST_TRIES) continue;
        this.#site.logger.error(
          { error: reasonOf(error), deliveries: this.#held.size },
          "the outcome of deliveries could not be stored; they will be sent again",
        );
        return;
      }
    }
  }

  async #run(): Promise<void> {
    this.#trouble = undefined;
    try {
      await this.#ledger.flush();
      while (!this.#stopping && !this.#isTroubled()) {
        this.#again = false;
        const found = await this.#claim();
        // Rows may wait for hosts that are busy while slots are free for the rows of others.
        if (found > 0) await this.#until(() => this.#lanes.queued < this.#low || this.#hasSlots);
        else {
          await this.#until(() => this.#again || this.#lanes.flying + this.#lanes.queued === 0);
          if (this.#isIdle()) await this.#ledger.flush();
          // Writing the last endings may have made rows due that waited for them.
          if (this.#isIdle()) break;
        }
      }
    } catch (error) {
      this.#report(error);
    }
    await this.#land();
    if (!this.#isTroubled()) this.#isTold = false;
  }

  /** A function, since it changes while the loop above waits. */
  #isTroubled(): boolean {
    return this.#trouble !== undefined;
  }

  #isIdle(): boolean {
    return !this.#again && this.#lanes.flying + this.#lanes.queued === 0;
  }

  async #claim(): Promise<number> {
    const claimed = await claimDue(
      {
        site: this.#site,
        lease: this.#lease,
        book: this.#book,
        lanes: this.#lanes,
        overflow: this.#overflow,
        held: this.#held,
      },
      CLAIM,
    );
    for (const row of claimed.rows) {
      this.#held.add(row._id);
      this.#lanes.add(row, claimed.probes.has(row.host));
    }
    for (const { row, blocker } of claimed.blocked) {
      if (!this.#held.has(blocker)) continue;
      this.#followers.set(blocker, [...(this.#followers.get(blocker) ?? []), row]);
    }
    if (claimed.soonest !== undefined) this.#comeBack(claimed.soonest);
    this.#fill();
    return claimed.found;
  }

  /**
   * May more be sent? What is sent and not yet written down counts: it is what a process that dies leaves to be sent twice.
   */
  get #hasSlots(): boolean {
    return this.#lanes.flying + this.#ledger.unwritten < this.#site.options.delivery.concurrency;
  }

  /** Sends as much as the limits allow. */
  #fill(): void {
    while (this.#hasSlots && !this.#stopping && !this.#isTroubled()) {
      const row = this.#lanes.next();
      if (row === undefined) return;
      void this.#send(row);
    }
  }

  async #send(row: HeldRow): Promise<void> {
    try {
      await this.#try(row);
    } catch (error) {
      // Nothing was sent. With the store away everybody waits; another fault, such as a lost key, is this row's own.
      if (isAway(error)) {
        this.#giveBack([row]);
        this.#report(error);
      } else this.#judge(row, { answered: false, error: reasonOf(error), final: false, ours: true });
    }
    this.#lanes.landed(row.host);
    this.#fill();
    this.#wakeUp();
  }

  async #try(row: HeldRow): Promise<void> {
    const timeout = this.#timeLeft(row);
    if (timeout === undefined) {
      this.#giveBack([row]);
      return;
    }
    const payload = await this.#bodies.of(row.activity);
    if (payload === undefined) {
      this.#ledger.write({
        updateOne: {
          filter: { _id: row._id, lease: this.#lease },
          update: { $set: ended(this.#site, "cancelled"), $unset: { nextAt: 1, lease: 1 } },
        },
      });
      this.#held.delete(row._id);
      return;
    }
    const started = performance.now();
    const outcome = await attempt(this.#site, row, payload, timeout);
    this.#overflow.took(row.host, performance.now() - started);
    this.#judge(row, outcome);
  }

  /** Milliseconds that an answer may take; a row whose lease is nearly over may be somebody else's in a moment. */
  #timeLeft(row: HeldRow): number | undefined {
    const lease = this.#site.options.delivery.lease * SECOND;
    const left = row.leaseUntil - this.#site.clock.now().getTime() - SECOND;
    return left < Math.min(LIMITS.requestTimeout, lease / 2)
      ? undefined
      : Math.min(LIMITS.requestTimeout, left);
  }

  #judge(row: HeldRow, outcome: Outcome): void {
    const ending = endingOf(row, outcome, this.#site.clock.now(), Math.random);
    this.#ledger.add(ending);
    const lesson = learn(this.#site, this.#book, row.host, outcome, ending);
    if (lesson.revived) this.#ledger.revive(row.host);
    if (lesson.rests) this.#giveBack(this.#lanes.clear(row.host));
  }

  /** Rows that we hold and shall not send. They are due at once; the next claim, anybody's, decides anew. */
  #giveBack(rows: HeldRow[]): void {
    if (rows.length === 0) return;
    const ids = rows.map((row) => row._id);
    for (const id of ids) {
      this.#held.delete(id);
      this.#followers.delete(id);
    }
    this.#ledger.write({
      updateMany: {
        filter: { _id: { $in: ids }, lease: this.#lease },
        update: { $set: { nextAt: this.#site.clock.now() }, $unset: { lease: 1 } },
      },
    });
  }

  #written(endings: Ending[], freed: boolean): void {
    if (freed) this.#again = true;
    for (const { row, verdict: judged } of endings) {
      this.#held.delete(row._id);
      const followers = this.#followers.get(row._id);
      if (followers === undefined) continue;
      this.#followers.delete(row._id);
      const at = judged.state === "pending" ? judged.nextAt : this.#site.clock.now();
      this.#ledger.write({
        updateMany: {
          filter: { _id: { $in: followers }, lease: { $exists: false }, state: "pending" },
          update: { $set: { nextAt: at } },
        },
      });
    }
    this.#fill();
    this.#wakeUp();
  }

  /** The end of a run: what is in flight comes to its end, what is not goes back. */
  async #land(): Promise<void> {
    this.#giveBack(this.#lanes.clear());
    while (this.#lanes.flying > 0) await this.#until(() => this.#lanes.flying === 0, true);
    try {
      await this.#ledger.flush();
    } catch (error) {
      this.#report(error);
    }
    this.#overflow.tidy(this.#site.clock.now());
  }

  /** The run ends. It is told once for each time that the store goes away. */
  #report(error: unknown): void {
    this.#trouble ??= error instanceof Error ? error : new Error(String(error));
    this.#wakeUp();
    if (this.#isTold) return;
    this.#isTold = true;
    this.#site.logger.warn({ error: reasonOf(error) }, "deliveries pause: the store failed");
    announce(this.#site, "error", this.#trouble);
  }

  /** Waits for a condition that our own events bring about. */
  async #until(condition: () => boolean, landing = false): Promise<void> {
    while (!condition() && (landing || (!this.#stopping && !this.#isTroubled()))) {
      await new Promise<void>((resolve) => (this.#wakeUp = resolve));
    }
  }

  /** Rows pushed by a moment should not have to wait for the next sweep. */
  #comeBack(at: Date): void {
    const wait = at.getTime() - this.#site.clock.now().getTime();
    if (wait > LONGEST_TIMER || this.#timer !== undefined || this.#stopping) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#site.wake("delivery");
      },
      Math.max(wait, 1),
    );
    this.#timer.unref();
  }
}
