import { native } from "../../src/database/native.ts";
import type {
  ActorRow,
  FollowRow,
  InteractionRow,
  NotificationRow,
  PostRow,
} from "../../src/database/rows.ts";
import { registerApp } from "../../src/domain/apps.ts";
import { homeOf, TIMELINE_LENGTH } from "../../src/domain/timelines.ts";
import { giveToken } from "../../src/domain/tokens.ts";
import { fediverse } from "../../src/index.ts";
import type { Site } from "../../src/site.ts";
import { snowflake } from "../../src/support/ids.ts";
import { untilEnded } from "../until-ended.js";
import { FOLLOWED, type Seeded } from "./seeded.ts";
import { answerTo, boost, note, one, person, randomFrom, type Random, type Setting } from "./world.ts";

/** People known here. */
const PEOPLE = 2000;
/** Answers to the post whose context is asked for. */
const ANSWERS = 40;
const YEARS = 3 * 365 * 86_400_000;
const BATCH = 1000;
/** Batches on their way at once: the next is made while the store writes the last. */
const AHEAD = 3;

/**
 * Fills a folder with a site of `posts` posts. The store writes without waiting for the disk meanwhile, and is closed, so
 * all is there, before it is measured. Memory does not grow with the number.
 */
async function seed(directory: string, posts: number): Promise<Seeded> {
  const began = performance.now();
  const quiet = (): void => undefined;
  const fedi = fediverse({
    origin: "https://blog.example",
    accounts: [{ username: "blog", name: "The Blog", summary: "Bread, *mostly*." }],
    dataDir: directory,
    durability: "os",
    clockwork: false,
    logger: { debug: quiet, info: quiet, warn: quiet, error: console.error },
  });
  try {
    await fedi.ready;
    const { site } = fedi;
    const owner = await site.models.actors.findOne({ localName: "blog" }).lean<ActorRow | null>();
    if (owner === null) throw new Error("the account blog is not there");
    const people = await seedPeople(site, owner);
    const newest = await seedPosts(site, owner, people, posts);
    await seedHome(site, owner, newest);
    const thread = await seedThread(site, owner, people);
    await seedNotices(site, owner, people, posts);
    await seedDecisions(site, owner, people);
    const { app } = await registerApp(site, {
      name: "Bench",
      redirectUris: ["app://bench"],
      scopes: "read write",
    });
    const { secret } = await giveToken(site, app, app.scopes, owner);
    const account = people[0]?._id ?? 0;
    return { token: secret, account, thread, seconds: (performance.now() - began) / 1000 };
  } finally {
    await fedi.close();
  }
}

async function seedPeople(site: Site, owner: ActorRow): Promise<ActorRow[]> {
  const people = Array.from({ length: PEOPLE }, (_, at) => person(at, site.clock.now()));
  await native(site.models.actors).insertMany(people);
  const follow = (follower: ActorRow, followed: ActorRow, at: number): FollowRow => ({
    _id: snowflake(new Date(site.clock.now().getTime() - YEARS + at * 1000)),
    follower: follower._id,
    followed: followed._id,
    state: "accepted",
    uri: `${follower.uri}/follows/${at}`,
    followerUri: follower.uri,
    followedUri: followed.uri,
    deliverTo: follower.sharedInbox ?? follower.inbox,
    deliverHost: follower.host,
    createdAt: site.clock.now(),
  });
  await native(site.models.follows).insertMany(
    people.slice(0, FOLLOWED).map((followed, at) => follow(owner, followed, at)),
  );
  return people;
}

/**
 * Seven in ten posts are of people whom the owner follows, one in fifty the owner's own; one in ten is a boost, one in
 * seven an answer.
 * @returns the newest that stand in the owner's home timeline.
 */
async function seedPosts(
  site: Site,
  owner: ActorRow,
  people: readonly ActorRow[],
  amount: number,
): Promise<PostRow[]> {
  const random = randomFrom(7);
  const recent: PostRow[] = [];
  const home: PostRow[] = [];
  const atHome = new Set([owner, ...people.slice(0, FOLLOWED)].map((actor) => actor._id));
  const start = site.clock.now().getTime() - YEARS;
  const waiting = new Set<Promise<unknown>>();
  for (let from = 0; from < amount; from += BATCH) {
    const rows = Array.from({ length: Math.min(BATCH, amount - from) }, (_, at) => {
      const setting: Setting = {
        site,
        author: writer(random, owner, people),
        at: new Date(start + Math.floor(((from + at) / amount) * (YEARS - 3_600_000))),
        random,
        other: one(random, people),
      };
      const row = newPost(setting, recent);
      if (row.boostOf === undefined) recent.push(row);
      if (atHome.has(row.author)) home.push(row);
      return row;
    });
    home.splice(0, Math.max(0, home.length - TIMELINE_LENGTH));
    recent.splice(0, Math.max(0, recent.length - 500));
    while (waiting.size >= AHEAD) await Promise.race(waiting);
    const writing = Promise.all([
      native(site.models.posts).insertMany(rows, { ordered: false }),
      native(site.models.interactions).insertMany(reactions(rows, owner, people, random), { ordered: false }),
    ]).finally(() => waiting.delete(writing));
    waiting.add(writing);
  }
  await Promise.all(waiting);
  return home;
}

async function seedHome(site: Site, owner: ActorRow, posts: readonly PostRow[]): Promise<void> {
  const home = homeOf(owner._id);
  await native(site.models.timelines).insertMany(
    posts.map((post) => ({
      _id: `${home}:${post._id}`,
      owner: home,
      post: post._id,
      author: post.author,
      original: post.boostOf ?? post._id,
    })),
  );
}

function writer(random: Random, owner: ActorRow, people: readonly ActorRow[]): ActorRow {
  const lot = random();
  if (lot < 0.02) return owner;
  return one(random, lot < 0.72 ? people.slice(0, FOLLOWED) : people);
}

function newPost(setting: Setting, recent: readonly PostRow[]): PostRow {
  const { random } = setting;
  const lot = random();
  if (recent.length > 10 && lot < 0.1) return boost(setting, one(random, recent));
  return note(setting, recent.length > 10 && lot < 0.25 ? answerTo(one(random, recent)) : {});
}

/** Two people like each of the owner's posts; the owner likes one post in twenty. */
function reactions(
  rows: readonly PostRow[],
  owner: ActorRow,
  people: readonly ActorRow[],
  random: Random,
): InteractionRow[] {
  const like = (actor: ActorRow, post: PostRow, later = 0): InteractionRow => ({
    _id: snowflake(new Date(post.publishedAt.getTime() + later)),
    kind: "like",
    actor: actor._id,
    post: post._id,
    uri: `${actor.uri}#likes/${post._id}`,
    createdAt: post.publishedAt,
  });
  const first = Math.floor(random() * (people.length - 1));
  return rows.flatMap((post, at) => {
    if (post.boostOf !== undefined) return [];
    if (post.author === owner._id)
      return people.slice(first, first + 2).map((actor, later) => like(actor, post, later));
    return at % 20 === 0 ? [like(owner, post)] : [];
  });
}

async function seedThread(site: Site, owner: ActorRow, people: readonly ActorRow[]): Promise<number> {
  const random = randomFrom(11);
  const now = site.clock.now().getTime();
  const setting = (author: ActorRow, at: number): Setting => ({
    site,
    author,
    at: new Date(now - 1_800_000 + at * 10_000),
    random,
    other: owner,
  });
  const root = note(setting(owner, 0), { repliesCount: ANSWERS });
  const thread = [root];
  for (let at = 1; at <= ANSWERS; at += 1)
    thread.push(
      note(setting(one(random, people), at), answerTo(random() < 0.5 ? root : one(random, thread), root)),
    );
  await native(site.models.posts).insertMany(thread);
  return root._id;
}

/** One for every twenty posts: favourites, boosts, mentions and follows in turn. */
async function seedNotices(site: Site, owner: ActorRow, people: readonly ActorRow[], amount: number) {
  const own = await native(site.models.posts)
    .find({ author: owner._id, boostOf: { $exists: false } }, { projection: { _id: 1 } })
    .sort({ _id: -1 })
    .limit(2000)
    .toArray();
  const answers = await native(site.models.posts)
    .find({ local: false, boostOf: { $exists: false } }, { projection: { _id: 1 } })
    .sort({ _id: -1 })
    .limit(2000)
    .toArray();
  const total = amount / 20;
  const start = site.clock.now().getTime() - YEARS;
  const random = randomFrom(13);
  const types = ["favourite", "reblog", "mention", "follow"] as const;
  const row = (at: number): NotificationRow => {
    const createdAt = new Date(start + Math.floor((at / total) * YEARS));
    const _id = snowflake(createdAt);
    const type = types[at % 4] ?? "follow";
    const from = one(random, people)._id;
    const post = type === "follow" ? undefined : one(random, type === "mention" ? answers : own)._id;
    return {
      _id,
      owner: owner._id,
      type,
      from,
      ...(post === undefined ? {} : { post }),
      group: type === "mention" ? `ungrouped-${_id}` : `${type}-${post ?? "me"}-${Math.floor(at / 100)}`,
      key: `${owner._id}|${type}|${from}|${post ?? ""}|${_id}`,
      createdAt,
    };
  };
  for (let from = 0; from < total; from += BATCH)
    await native(site.models.notifications).insertMany(
      Array.from({ length: Math.min(BATCH, total - from) }, (_, at) => row(from + at)),
      { ordered: false },
    );
}

/** Some are muted and blocked, a server too, and a word is filtered: every list has to look. */
async function seedDecisions(site: Site, owner: ActorRow, people: readonly ActorRow[]): Promise<void> {
  const createdAt = site.clock.now();
  await native(site.models.relations).insertMany(
    people.slice(-60).map((target, at) => ({
      _id: snowflake(new Date(createdAt.getTime() + at)),
      owner: owner._id,
      target: target._id,
      kind: at % 3 === 0 ? ("block" as const) : ("mute" as const),
      createdAt,
    })),
  );
  await native(site.models.domainBlocks).insertOne({
    _id: snowflake(createdAt),
    owner: owner._id,
    domain: "spam.example",
    createdAt,
  });
  await native(site.models.filters).insertOne({
    _id: snowflake(createdAt),
    owner: owner._id,
    title: "No raisins",
    context: ["home", "public"],
    action: "warn",
    keywords: [
      { id: 1, keyword: "raisin", wholeWord: true },
      { id: 2, keyword: "sultana", wholeWord: true },
    ],
    statuses: [],
    createdAt,
  });
}

untilEnded();
const [, , folder = "", posts = ""] = process.argv;
const seeded = await seed(folder, Number(posts));
process.stdout.write(JSON.stringify(seeded), () => process.exit());
