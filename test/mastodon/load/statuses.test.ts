import assert from "node:assert/strict";
import type { CommandStartedEvent } from "mongodb";
import mongoose, { type Connection } from "mongoose";
import { insertRow } from "../../../src/database/native.ts";
import type { ActorRow, InteractionRow, NotificationRow, PostRow } from "../../../src/database/rows.ts";
import { loadGroupedNotifications, loadNotifications } from "../../../src/mastodon/load/notifications.ts";
import { loadRelationships } from "../../../src/mastodon/load/relationships.ts";
import { loadStatus, loadStatuses } from "../../../src/mastodon/load/statuses.ts";
import type { Site } from "../../../src/site.ts";
import { snowflake } from "../../../src/support/ids.ts";
import { commandsOf } from "../support/commands.ts";
import { makeSite, type HandMadeSite } from "../../support/make-site.ts";
import { storePerson } from "../../support/people.ts";
import { freshDatabase } from "../../support/store.ts";
import { storeBoost, storeFollow, storeNotification, storePost } from "../support/stored.ts";

describe("loading statuses", () => {
  let made: HandMadeSite;
  let site: Site;
  let owner: ActorRow;
  let anna: ActorRow;
  let ben: ActorRow;
  let connection: Connection;
  before(async () => {
    connection = mongoose.createConnection(await freshDatabase(), { monitorCommands: true });
    made = await makeSite({ database: connection });
    site = made.site;
    owner = await made.account("blog");
    anna = await storePerson(site, "anna", { icon: { type: "Image", url: "https://remote.example/a.png" } });
    ben = await storePerson(site, "ben", { host: "other.example" });
  });
  after(async () => {
    await made.close();
    await connection.close();
  });

  const interact = (kind: InteractionRow["kind"], post: PostRow): Promise<void> =>
    insertRow(site.models.interactions, {
      _id: snowflake(new Date()),
      kind,
      actor: owner._id,
      post: post._id,
      uri: post.uri,
      createdAt: new Date(),
    });

  /** One of everything that costs a query: boost, quote, quote in a boost, mention, poll, followers-only. */
  async function mixed(): Promise<PostRow[]> {
    const quoted = await storePost(site, ben);
    const quoting = await storePost(site, anna, {
      quote: { uri: quoted.uri, id: quoted._id, state: "accepted" },
    });
    const poll = await storePost(site, anna, {
      poll: {
        options: [
          { title: "rye", votes: 1 },
          { title: "wheat", votes: 0 },
        ],
        multiple: false,
      },
      mentions: [{ handle: "ben@other.example", uri: ben.uri }],
    });
    const boost = await storeBoost(site, ben, quoting);
    const closed = await storePost(site, anna, { visibility: "followers" });
    return [boost, quoting, poll, closed];
  }

  it("asks the store as often for forty as for the first few", async () => {
    await storeFollow(site, owner, anna);
    const few = await mixed();
    const many = [...few];
    while (many.length < 40) many.push(...(await mixed()));
    const viewer = { account: owner };
    await loadStatuses(site, viewer, few);
    let answer: unknown[] = [];
    const forFew = await commandsOf(site, async () => void (answer = await loadStatuses(site, viewer, few)));
    assert.equal(answer.length, few.length);
    const forMany = await commandsOf(
      site,
      async () => void (answer = await loadStatuses(site, viewer, many)),
    );
    assert.equal(answer.length, many.length);
    assert.deepEqual(names(forMany), names(forFew));
    assert.ok(forMany.length <= 12, names(forMany).join(", "));
    const shunned = await commandsOf(site, () => loadStatuses(site, viewer, many, { shunned: true }));
    assert.ok(shunned.length <= 14, names(shunned).join(", "));
    const stranger = await commandsOf(site, () => loadStatuses(site, {}, many));
    assert.ok(stranger.length <= 5, names(stranger).join(", "));
  });

  it("asks as often for forty notifications, grouped or not, and relationships, as for one", async () => {
    const post = await storePost(site, owner);
    const rows: NotificationRow[] = [];
    for (let at = 0; at < 40; at += 1) {
      const fan = await storePerson(site, `fan${at}`);
      rows.unshift(
        await storeNotification(site, owner, fan, "favourite", {
          post: post._id,
          group: `favourite-${post._id}-1`,
        }),
      );
    }
    const viewer = { account: owner };
    for (const load of [loadNotifications, loadGroupedNotifications]) {
      const one = await commandsOf(site, () => load(site, viewer, rows.slice(0, 1)));
      const all = await commandsOf(site, () => load(site, viewer, rows));
      assert.deepEqual(names(all), names(one));
    }
    const people = await site.models.actors.find().lean<ActorRow[]>();
    assert.ok(people.length > 40);
    const relationships = await commandsOf(site, () => loadRelationships(site, owner, people));
    assert.equal(relationships.length, 4);
  });

  it("says what the viewer has done, and nothing of it to strangers", async () => {
    const post = await storePost(site, anna);
    for (const kind of ["like", "bookmark", "mute"] as const) await interact(kind, post);
    const status = await loadStatus(site, { account: owner }, post);
    assert.equal(status?.favourited, true);
    assert.equal(status.bookmarked, true);
    assert.equal(status.muted, true);
    assert.equal(status.reblogged, false);
    assert.deepEqual(status.filtered, []);
    assert.ok(!("pinned" in status));
    const seen = await loadStatus(site, {}, post);
    assert.ok(seen);
    for (const name of ["favourited", "reblogged", "muted", "bookmarked", "filtered", "pinned"])
      assert.ok(!(name in seen), name);
  });

  it("gives a boost an id of its own and the original's text, counts and flags", async () => {
    const post = await storePost(site, anna, { likesCount: 3, warning: "flour", content: "<p>Rye</p>" });
    await interact("like", post);
    const boost = await storeBoost(site, ben, post);
    const status = await loadStatus(site, { account: owner }, boost);
    assert.equal(status?.id, String(boost._id));
    assert.equal(status.reblog?.id, String(post._id));
    assert.equal(status.account.acct, "ben@other.example");
    assert.equal(status.reblog.account.acct, "anna@remote.example");
    assert.equal(status.content, "<p>Rye</p>");
    assert.equal(status.spoiler_text, "flour");
    assert.equal(status.favourites_count, 3);
    assert.equal(status.favourited, true);
    assert.equal(status.quote, null);
    assert.equal(status.reblog.reblog, null);
  });

  it("shows a quote inside the boost only, and a quote of a quote by its id", async () => {
    const first = await storePost(site, ben);
    const second = await storePost(site, anna, {
      quote: { uri: first.uri, id: first._id, state: "accepted" },
    });
    const third = await storePost(site, ben, {
      quote: { uri: second.uri, id: second._id, state: "accepted" },
    });
    const status = await loadStatus(site, {}, await storeBoost(site, anna, third));
    assert.equal(status?.quote, null);
    const quote = status.reblog?.quote;
    assert.ok(quote && "quoted_status" in quote && quote.quoted_status);
    assert.equal(quote.quoted_status.id, String(second._id));
    assert.deepEqual(quote.quoted_status.quote, {
      state: "accepted",
      quoted_status_id: String(first._id),
    });
  });

  it("hides a quoted post that is deleted, not accepted or not for the viewer", async () => {
    const secret = await storePost(site, ben, { visibility: "followers" });
    const deleted = await storePost(site, ben, { deletedAt: new Date() });
    const open = await storePost(site, ben);
    const states = [];
    for (const [quoted, state] of [
      [secret, "accepted"],
      [deleted, "accepted"],
      [open, "pending"],
      [open, "revoked"],
    ] as const) {
      const post = await storePost(site, anna, { quote: { uri: quoted.uri, id: quoted._id, state } });
      const quote = (await loadStatus(site, { account: owner }, post))?.quote;
      assert.ok(quote && "quoted_status" in quote);
      assert.equal(quote.quoted_status, null);
      states.push(quote.state);
    }
    assert.deepEqual(states, ["unauthorized", "deleted", "pending", "revoked"]);
  });

  it("leaves out what the viewer may not see, boosts of it included", async () => {
    const direct = await storePost(site, anna, { visibility: "direct" });
    const toOwner = await storePost(site, anna, {
      visibility: "direct",
      mentions: [{ handle: "blog@blog.example", uri: owner.uri }],
    });
    const deleted = await storePost(site, anna, { deletedAt: new Date() });
    const rows = [
      direct,
      toOwner,
      deleted,
      await storeBoost(site, ben, deleted),
      await storeBoost(site, ben, direct),
    ];
    const seen = await loadStatuses(site, { account: owner }, rows);
    assert.deepEqual(
      seen.map((status) => status.id),
      [String(toOwner._id)],
    );
    assert.equal((await loadStatuses(site, {}, rows)).length, 0);
  });

  it("leaves out people the viewer shuns only where that is asked for", async () => {
    const carl = await storePerson(site, "carl");
    const dora = await storePerson(site, "dora", { host: "bad.example" });
    const post = await storePost(site, carl);
    const rows = [post, await storeBoost(site, anna, post), await storePost(site, dora)];
    const relation = {
      _id: snowflake(new Date()),
      owner: owner._id,
      target: carl._id,
      createdAt: new Date(),
    };
    await insertRow(site.models.relations, { ...relation, kind: "mute" });
    await insertRow(site.models.domainBlocks, {
      _id: 1,
      owner: owner._id,
      domain: "bad.example",
      createdAt: new Date(),
    });
    assert.equal((await loadStatuses(site, { account: owner }, rows)).length, 3);
    assert.equal((await loadStatuses(site, { account: owner }, rows, { shunned: true })).length, 0);
  });

  it("names only people whose profile can be opened", async () => {
    const post = await storePost(site, anna, {
      mentions: [
        { handle: "ben@other.example", uri: ben.uri },
        { handle: "ben@other.example", uri: ben.uri },
        { handle: "nobody@nowhere.example", uri: "https://nowhere.example/nobody" },
        { handle: "text@only.example" },
      ],
    });
    const status = await loadStatus(site, {}, post);
    assert.deepEqual(status?.mentions, [
      { id: String(ben._id), username: "ben", acct: "ben@other.example", url: ben.url },
    ]);
  });

  it("tells which filters match, by word, by part and by status, and never on own posts", async () => {
    const row = {
      owner: owner._id,
      context: ["home"],
      statuses: [],
      createdAt: new Date(),
    };
    const post = await storePost(site, anna, { content: "<p>Sour<b>dough</b> starter (wild)</p>" });
    const keyword = (text: string, wholeWord: boolean) => ({ id: 1, keyword: text, wholeWord });
    await insertRow(site.models.filters, {
      ...row,
      _id: 11,
      title: "bread",
      action: "blur",
      keywords: [keyword("sourdough", true), keyword("sour", true), keyword("(wild", false)],
    });
    await insertRow(site.models.filters, {
      ...row,
      _id: 12,
      title: "gone by",
      action: "hide",
      keywords: [keyword("sourdough", true)],
      expiresAt: new Date(Date.now() - 1000),
    });
    await insertRow(site.models.filters, {
      ...row,
      _id: 13,
      title: "this one",
      action: "hide",
      context: ["thread"],
      keywords: [],
      statuses: [{ id: 5, status: post._id }],
    });
    const status = await loadStatus(site, { account: owner }, post);
    assert.deepEqual(
      status?.filtered?.map((result) => [result.filter.id, result.keyword_matches, result.status_matches]),
      [
        ["11", ["sourdough", "(wild"], null],
        ["13", null, [String(post._id)]],
      ],
    );
    assert.equal(status.filtered?.[0]?.filter.filter_action, "warn");
    const atHome = await loadStatus(site, { account: owner }, post, { filterContext: "home" });
    assert.deepEqual(
      atHome?.filtered?.map((result) => result.filter.id),
      ["11"],
    );
    const own = await storePost(site, owner, { content: "<p>sourdough</p>" });
    assert.deepEqual((await loadStatus(site, { account: owner }, own))?.filtered, []);
    await site.models.filters.deleteMany({});
  });

  it("shows pictures of others through this site, and a picture for who has none", async () => {
    const post = await storePost(site, anna, {
      attachments: [
        { type: "Image", url: "https://remote.example/1.png", alt: "a loaf", width: 40, height: 20 },
        { type: "Video", url: "https://remote.example/1.mp4" },
      ],
    });
    const status = await loadStatus(site, {}, post);
    assert.match(status?.account.avatar ?? "", /^https:\/\/blog\.example\/fediverse\/media\//);
    assert.match(status?.account.header ?? "", /^https:\/\/blog\.example\/.*missing\.png$/);
    const [picture, video] = status?.media_attachments ?? [];
    assert.equal(picture?.id, `${post._id}00`);
    assert.match(picture.url ?? "", /^https:\/\/blog\.example\/fediverse\/media\//);
    assert.equal(picture.remote_url, "https://remote.example/1.png");
    assert.deepEqual(picture.meta?.original, { width: 40, height: 20, size: "40x20", aspect: 2 });
    assert.equal(video?.id, `${post._id}01`);
    assert.equal(video.url, "https://remote.example/1.mp4");
    assert.equal(video.preview_url, null);
    assert.ok(BigInt(picture.id) < 2n ** 63n);
  });

  it("drops a post whose author is no longer here instead of failing the list", async () => {
    const ghost = { ...anna, _id: 17 };
    const rows = [await storePost(site, ghost), await storePost(site, anna)];
    assert.equal((await loadStatuses(site, { account: owner }, rows)).length, 1);
  });
});

function names(commands: readonly CommandStartedEvent[]): string[] {
  return commands
    .map((command) => `${command.commandName} ${String(command.command[command.commandName])}`)
    .sort();
}
