import { EventEmitter } from "node:events";
import type { ActivityRow, ActorRow, DeliveryRow, FollowRow, HostRow } from "../../src/database/rows.ts";
import { activitiesOf, deliveriesOf, followsOf, hostsOf } from "../../src/delivery/collections.ts";
import { enqueueActivity, type Outgoing } from "../../src/delivery/enqueue.ts";
import { drainFanout } from "../../src/delivery/fanout.ts";
import { createDeliverer, type Deliverer } from "../../src/delivery/worker.ts";
import type { FediverseOptions } from "../../src/options.ts";
import type { Site, SiteEvents } from "../../src/site.ts";
import { hostOf } from "../../src/support/urls.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { TestClock } from "../support/test-clock.ts";
import { Sink } from "./sink.ts";

/** A site whose account `blog` sends to a sink, with the clock in our hands. */
export class Queue {
  readonly made: HandMadeSite;
  readonly sink: Sink;
  readonly clock: TestClock;
  readonly blog: ActorRow;
  site: Site;
  deliverer: Deliverer;
  #ids = 1;

  private constructor(made: HandMadeSite, sink: Sink, clock: TestClock, blog: ActorRow) {
    this.made = made;
    this.site = made.site;
    this.sink = sink;
    this.clock = clock;
    this.blog = blog;
    this.deliverer = createDeliverer(made.site);
  }

  static async open(options: Partial<FediverseOptions> = {}): Promise<Queue> {
    // Later than the machine's own clock: the store expires rows by that one, and would tidy up under our hands.
    const clock = new TestClock(new Date("2096-03-01T12:00:00Z"));
    const [made, sink] = await Promise.all([makeSite({ clock, ...options }), Sink.open()]);
    return new Queue(made, sink, clock, await made.account("blog"));
  }

  /** Empty again, as after a restart: nothing queued, nobody follows, nothing remembered. */
  async reset(): Promise<void> {
    await this.deliverer.stop();
    const { models } = this.made.site;
    const empty = [activitiesOf, deliveriesOf, followsOf, hostsOf].map((of) => of(this.site).deleteMany({}));
    await Promise.all(empty);
    await models.actors.updateOne({ _id: this.blog._id }, { $set: { followersCount: 0 } });
    this.site = { ...this.made.site, events: new EventEmitter<SiteEvents>() };
    this.deliverer = createDeliverer(this.site);
    this.made.woken.length = 0;
    this.sink.forget();
  }

  async close(): Promise<void> {
    await this.deliverer.stop();
    // The sink first: it may still be holding answers back.
    await this.sink.close();
    await this.made.close();
  }

  /** Followers of `blog`, one for each inbox given. */
  async follow(inboxes: string[], more: Partial<FollowRow> = {}): Promise<void> {
    const rows = inboxes.map((deliverTo): FollowRow => {
      const id = (this.#ids += 1);
      return {
        _id: id,
        follower: 1_000_000 + id,
        followed: this.blog._id,
        state: "accepted",
        uri: `https://remote.example/follows/${id}`,
        followerUri: `https://remote.example/users/${id}`,
        followedUri: this.blog.uri,
        deliverTo,
        deliverHost: hostOf(deliverTo) ?? "",
        createdAt: this.clock.now(),
        ...more,
      };
    });
    await followsOf(this.site).insertMany(rows);
    await this.site.models.actors.updateOne(
      { _id: this.blog._id },
      { $inc: { followersCount: rows.length } },
    );
  }

  /** Queues an activity about `object`; its document carries only what the tests look at. */
  enqueue(
    type = "Create",
    object = "https://blog.example/ap/posts/1",
    more: Partial<Outgoing> = {},
  ): Promise<ActivityRow> {
    const id = more.id ?? (this.#ids += 1);
    return enqueueActivity(this.site, {
      id,
      actor: this.blog,
      type,
      object,
      activity: { type, actor: this.blog.uri, object },
      toFollowers: true,
      supersedes: type === "Update" || type === "Delete",
      ...more,
    });
  }

  fanOut(): Promise<number> {
    return drainFanout(this.site);
  }

  /** Everything that is due now, from intent to answer. */
  async settle(): Promise<void> {
    await this.fanOut();
    await this.deliverer.drain();
  }

  /** Another process of the same site, as far as the queue can tell. */
  anotherProcess(): Deliverer {
    return createDeliverer({ ...this.site });
  }

  rows(filter: Partial<DeliveryRow> = {}): Promise<DeliveryRow[]> {
    return deliveriesOf(this.site)
      .find(filter, { sort: { _id: 1 } })
      .toArray();
  }

  async row(inbox: string, type?: string): Promise<DeliveryRow> {
    const rows = await this.rows({ inbox });
    for (const row of rows) {
      if (type === undefined || (await this.activity(row.activity)).type === type) return row;
    }
    throw new Error(`no delivery of ${type ?? "anything"} to ${inbox}`);
  }

  async activity(id: number): Promise<ActivityRow> {
    const row = await activitiesOf(this.site).findOne({ _id: id });
    if (row === null) throw new Error(`no activity ${id}`);
    return row;
  }

  hostRow(host: string): Promise<HostRow | null> {
    return hostsOf(this.site).findOne({ _id: host });
  }

  followers(): Promise<FollowRow[]> {
    return followsOf(this.site).find({ followed: this.blog._id }).toArray();
  }
}

export const states = (rows: DeliveryRow[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { state } of rows) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
};
