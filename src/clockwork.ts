import { schedule, type ScheduledTask } from "node-cron";
import { createInboxWorker } from "./activitypub/inbox/process.ts";
import { drainFanout } from "./delivery/fanout.ts";
import { createDeliverer } from "./delivery/worker.ts";
import { drainDomainBlocks } from "./domain/domain-blocks.ts";
import { drainOutgoing } from "./domain/outgoing.ts";
import { drainPolls } from "./domain/poll-ends.ts";
import { drainPush } from "./domain/push-send.ts";
import { drainScheduled } from "./domain/scheduled.ts";
import { drainUploads } from "./domain/uploads.ts";
import { announce, type Site, type Work } from "./site.ts";
import { reasonOf } from "./support/errors.ts";

/** The part of a site that does what must happen later. */
export interface Clockwork {
  /** Starts the ticks, and does at once what was left over. */
  start(): void;
  wake(work: Work): void;
  /** Ends the ticks, lets what is in flight finish, gives back the rest. */
  stop(): Promise<void>;
}

/**
 * Work that runs when woken and, as a floor under everything, at each tick. One run at a time in this process; several
 * processes are kept apart by the leases in the store.
 */
export function createClockwork(site: Site): Clockwork {
  const deliverer = createDeliverer(site);
  const inbox = createInboxWorker(site);
  const ending = new AbortController();
  const loops: Record<Exclude<Work, "delivery">, Loop> = {
    outgoing: new Loop(site, "outgoing", () => drainOutgoing(site)),
    fanout: new Loop(site, "fanout", () => drainFanout(site, { signal: ending.signal })),
    inbox: new Loop(
      site,
      "inbox",
      () => inbox.drain(),
      () => inbox.nudge(),
    ),
    media: new Loop(site, "media", () => drainUploads(site)),
    scheduled: new Loop(site, "scheduled", () => drainScheduled(site)),
    polls: new Loop(site, "polls", () => drainPolls(site)),
    push: new Loop(site, "push", () => drainPush(site, { signal: ending.signal })),
    blocks: new Loop(site, "blocks", () => drainDomainBlocks(site, { signal: ending.signal })),
  };
  // The deliverer joins calls by itself, and takes new rows while slow answers are still out.
  const deliver = (): void => void deliverer.drain();
  const all = (): void => {
    for (const loop of Object.values(loops)) loop.wake();
    deliver();
  };
  // A tick that came late, or not at all on a busy machine, is no trouble: the next one does what is due.
  const say = (message: string | Error): void =>
    site.logger.debug({ message: reasonOf(message) }, "the clock of the clockwork");
  const quiet = { logger: { debug: say, info: say, warn: say, error: say } };
  let tasks: ScheduledTask[] = [];
  return {
    start() {
      tasks = [
        schedule(site.options.delivery.sweep, all, quiet),
        ...site.options.posts
          .filter((source) => source.poll !== undefined)
          .map((source) =>
            schedule(
              site.options.feeds.poll,
              () => void source.poll?.().catch((error: unknown) => report(site, source.name, error)),
              quiet,
            ),
          ),
      ];
      all();
    },
    wake(work) {
      if (work === "delivery") deliver();
      else loops[work].wake();
    },
    async stop() {
      await Promise.all(tasks.map(async (task) => task.destroy()));
      ending.abort();
      const ended = Object.values(loops).map((loop) => loop.stop());
      await Promise.all([deliverer.stop(), inbox.stop(), ...ended]);
    },
  };
}

/** Runs `work` once at a time; a wake-up during a run is one more run after it. */
class Loop {
  readonly #site: Site;
  readonly #name: string;
  readonly #work: () => Promise<unknown>;
  readonly #nudge: () => void;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  /** @param nudge makes a run that waits for something slow look again. */
  constructor(site: Site, name: string, work: () => Promise<unknown>, nudge: () => void = () => undefined) {
    this.#site = site;
    this.#name = name;
    this.#work = work;
    this.#nudge = nudge;
  }

  wake(): void {
    this.#again = true;
    if (this.#stopped) return;
    if (this.#running) {
      this.#nudge();
      return;
    }
    this.#running = this.#run().finally(() => (this.#running = undefined));
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        await this.#work();
      } catch (error) {
        // Tried again at the next tick: what failed is still in the store.
        report(this.#site, this.#name, error);
        return;
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }
}

function report(site: Site, work: string, error: unknown): void {
  site.logger.warn({ work, error: reasonOf(error) }, "work of the clockwork failed; it will be tried again");
  announce(site, "error", error instanceof Error ? error : new Error(String(error)));
}
