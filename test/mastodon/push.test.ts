import assert from "node:assert/strict";
import { createECDH } from "node:crypto";
import type { ActorRow, NotificationRow, PostRow } from "../../src/database/rows.ts";
import { insertRow } from "../../src/database/native.ts";
import { notify } from "../../src/domain/notifications.ts";
import { publishPost } from "../../src/domain/posts.ts";
import { drainPush } from "../../src/domain/push-send.ts";
import { hashSecret } from "../../src/domain/secrets.ts";
import { revokeToken } from "../../src/domain/tokens.ts";
import { vapidKeys } from "../../src/domain/vapid.ts";
import { HOUR, MINUTE } from "../../src/support/clock.ts";
import { snowflake } from "../../src/support/ids.ts";
import { storePerson } from "../support/people.ts";
import { TestClock } from "../support/test-clock.ts";
import { until } from "../support/until.ts";
import type { ApiClient } from "./support/api-client.ts";
import { PushReceiver, vapidClaims } from "./support/push-receiver.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";
import { storePost } from "./support/stored.ts";

const PATH = "/api/v1/push/subscription";

describe("web push", () => {
  let api: StartedApi;
  let clock: TestClock;
  let blog: ActorRow;
  let ada: ActorRow;
  let post: PostRow;
  let client: ApiClient;
  let phone: PushReceiver;

  before(async () => {
    clock = new TestClock(new Date());
    api = await startApi({ clock, language: "de", api: { requestsPer5Minutes: 10_000 } });
    blog = await api.account();
    ada = await storePerson(api.site, "ada", { summary: "<p>Bakes &amp; writes</p>" });
    post = await publishPost(api.site, { text: "Rye, at last." });
  });
  after(() => api.close());
  beforeEach(async () => {
    client = await api.client();
    phone = await PushReceiver.start();
  });
  afterEach(async () => {
    await phone.server.close();
    for (const model of [api.site.models.pushes, api.site.models.pushJobs, api.site.models.notifications])
      await (model as typeof api.site.models.pushes).deleteMany({});
  });

  const ALL = { mention: true, favourite: true, follow: true, status: true };
  const subscribe = (data: object = { alerts: ALL }, standard = true) =>
    client.post(PATH, { subscription: phone.subscription(standard), data });
  const tell = async (
    type: NotificationRow["type"],
    about: PostRow | null = post,
    from = ada,
  ): Promise<NotificationRow> => {
    const row = await notify(api.site, {
      owner: blog,
      type,
      from,
      ...(about === null ? {} : { post: about }),
    });
    assert.ok(row);
    return row;
  };

  describe("a subscription", () => {
    it("is answered with a small whole number for an id, every alert, and the site's key", async () => {
      const { body } = await subscribe({ alerts: { mention: "1", follow: 0 }, policy: "followed" });
      assert.equal(typeof body.id, "number");
      assert.ok(body.id > 0 && body.id < 2 ** 31);
      assert.equal(body.endpoint, phone.endpoint);
      assert.equal(body.standard, true);
      assert.equal(body.policy, "followed");
      assert.equal(body.alerts.mention, true);
      assert.equal(body.alerts["admin.sign_up"], false);
      assert.equal(Object.values(body.alerts).filter(Boolean).length, 1);
      assert.equal(body.server_key, (await vapidKeys(api.site)).publicKey);
      assert.deepEqual((await client.get(PATH)).body, body);
    });

    it("comes as JSON, form or in the address; one of a token, the newest", async () => {
      for (const as of ["json", "form", "query"] as const) {
        const { body } = await client.post(
          PATH,
          { subscription: phone.subscription(false), data: { alerts: { poll: true } }, policy: "none" },
          { as },
        );
        assert.equal(body.alerts.poll, true);
        assert.equal(body.standard, false);
        assert.equal(body.policy, "none", "Elk and Ice Cubes say it beside data");
      }
      assert.equal(await api.site.models.pushes.countDocuments({}), 1);
      await (await api.client()).post(PATH, { subscription: phone.subscription() });
      assert.equal(await api.site.models.pushes.countDocuments({}), 2);
    });

    it("is changed, and keeps what is not named", async () => {
      await subscribe({ alerts: ALL, policy: "follower" });
      const { body } = await client.put(PATH, { data: { alerts: { poll: true, "admin.report": true } } });
      assert.equal(body.alerts.poll, true);
      assert.equal(body.alerts["admin.report"], true);
      assert.equal(body.alerts.mention, false);
      assert.equal(body.policy, "follower");
      assert.equal((await client.put(PATH, { policy: "nonsense" })).body.policy, "follower");
    });

    it("that is not there is not found, in words that Phanpy looks for; deleting it is fine", async () => {
      const { body } = await client.get(PATH, {}, { expect: 404 });
      assert.match(body.error, /not found/i);
      await client.put(PATH, { data: { alerts: ALL } }, { expect: 404 });
      assert.deepEqual((await client.delete(PATH)).body, {});
      await subscribe();
      assert.deepEqual((await client.delete(PATH)).body, {});
      await client.get(PATH, {}, { expect: 404 });
    });

    it("is refused for keys and addresses that are none", async () => {
      const good = phone.subscription() as { endpoint: string; keys: { p256dh: string; auth: string } };
      const offCurve = Buffer.alloc(65, 7);
      offCurve[0] = 4;
      const compressed = createECDH("prime256v1").generateKeys("base64url", "compressed");
      const wrong: object[] = [
        {},
        { ...good, keys: {} },
        { ...good, keys: { ...good.keys, p256dh: "short" } },
        { ...good, keys: { ...good.keys, p256dh: offCurve.toString("base64url") } },
        { ...good, keys: { ...good.keys, p256dh: compressed } },
        { ...good, keys: { ...good.keys, auth: "AAAA" } },
        { ...good, keys: { ...good.keys, auth: "A".repeat(100_000) } },
        { ...good, endpoint: "file:///etc/passwd" },
        { ...good, endpoint: "javascript:alert(1)" },
        { ...good, endpoint: "https://user:secret@push.example/" },
        { ...good, endpoint: `https://push.example/${"a".repeat(3000)}` },
        { ...good, endpoint: "push" },
      ];
      for (const subscription of wrong) await client.post(PATH, { subscription }, { expect: 422 });
      await client.post(PATH, { subscription: "text" }, { expect: 422 });
      assert.equal(await api.site.models.pushes.countDocuments({}), 0);
    });

    it("is https outside development", async () => {
      const real = await startApi({ origin: "https://blog.example", allowPrivateNetwork: false });
      const secret = await real.tokenFor("blog");
      const post = async (endpoint: string): Promise<number> => {
        // The site's own address is https, so this is no checked client: only the status counts.
        const answer = await fetch(`http://localhost:${portOf(real)}${PATH}`, {
          method: "POST",
          headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
          body: JSON.stringify({ subscription: { ...phone.subscription(), endpoint } }),
        });
        return answer.status;
      };
      assert.equal(await post("http://push.example/1"), 422);
      assert.equal(await post("https://push.example/1"), 200);
      await real.close();
    });

    it("needs the scope push, and ends with its token", async () => {
      await (await api.client("blog", "read write follow")).get(PATH, {}, { expect: 403 });
      await subscribe();
      const row = await api.site.models.tokens.findOne({ tokenHash: hashSecret(client.token ?? "") }).lean();
      assert.ok(row);
      await revokeToken(api.site, row);
      assert.equal(await api.site.models.pushes.countDocuments({}), 0);
    });
  });

  describe("a message", () => {
    it("reaches the phone encrypted by RFC 8291, signed by RFC 8292, and says what happened", async () => {
      await subscribe();
      const row = await tell("favourite");
      assert.equal(await drainPush(api.site), 1);
      const [request] = phone.received;
      assert.ok(request);
      assert.equal(request.method, "POST");
      assert.equal(request.headers["content-encoding"], "aes128gcm");
      assert.equal(request.headers["content-type"], "application/octet-stream");
      assert.equal(request.headers["ttl"], "172800");
      assert.equal(request.headers["urgency"], "normal");
      assert.doesNotMatch(request.body.toString("latin1"), /Ada|Rye/);
      const { claims, key } = vapidClaims(request);
      assert.equal(claims.aud, phone.server.origin);
      assert.match(claims.sub, /^mailto:/);
      assert.equal(key, (await client.get(PATH)).body.server_key);
      assert.deepEqual(phone.last(), {
        access_token: client.token,
        preferred_locale: "de",
        notification_id: row._id,
        notification_type: "favourite",
        icon: `${api.origin}/fediverse/assets/avatar-missing.png`,
        title: "Ada liked your post",
        body: "Rye, at last.",
      });
      const shown = await client.get(`/api/v1/notifications/${phone.last().notification_id}`);
      assert.equal(shown.body.type, "favourite");
    });

    it("names no token where another process sends it than the one that the app speaks with", async () => {
      await subscribe();
      await tell("favourite");
      // What a process remembers hangs on its own site.
      await drainPush({ ...api.site });
      assert.deepEqual([phone.last().access_token, phone.last().title], ["", "Ada liked your post"]);
    });

    it("is readable by older apps, too, that asked for no standard", async () => {
      await subscribe({ alerts: ALL }, false);
      await tell("follow", null);
      await drainPush(api.site);
      assert.equal(phone.received[0]?.headers["content-encoding"], "aesgcm");
      assert.equal(phone.last().title, "Ada follows you");
      assert.equal(phone.last().body, "Bakes & writes");
    });

    it("is short, whatever people call themselves and write", async () => {
      await subscribe();
      const loud = await storePerson(api.site, "loud", {
        name: "🥖".repeat(2000),
        icon: { type: "Image", url: `https://remote.example/${"a".repeat(3000)}.png` },
      });
      const long = await storePost(api.site, loud, { content: `<p>${"<b>crumb</b> ".repeat(500)}</p>` });
      await tell("mention", long, loud);
      await drainPush(api.site);
      const message = phone.last();
      assert.ok((phone.received[0]?.body.length ?? 0) < 4096);
      assert.ok(message.body.length <= 140);
      assert.doesNotMatch(message.body, /</);
      assert.equal(message.icon, "");
      assert.ok(message.title.endsWith("mentioned you"));
    });

    it("shows the warning in place of what is behind it", async () => {
      await subscribe();
      const warned = await storePost(api.site, ada, { warning: "Gluten", content: "<p>The secret</p>" });
      await tell("mention", warned);
      await drainPush(api.site);
      assert.equal(phone.last().body, "Gluten");
    });

    it("comes only for what is asked for", async () => {
      await subscribe({ alerts: { favourite: true } });
      await tell("reblog");
      await tell("follow", null);
      assert.equal(await drainPush(api.site), 0);
      await tell("favourite");
      assert.equal(await drainPush(api.site), 1);
      assert.equal(phone.received.length, 1);
    });

    it("comes only from whom the policy names", async () => {
      const ben = await storePerson(api.site, "ben");
      const follow = (follower: ActorRow, followed: ActorRow) =>
        insertRow(api.site.models.follows, {
          _id: snowflake(new Date()),
          follower: follower._id,
          followed: followed._id,
          state: "accepted",
          uri: `${follower.uri}#follows/${followed._id}`,
          followerUri: follower.uri,
          followedUri: followed.uri,
          deliverTo: follower.inbox,
          deliverHost: follower.host,
          createdAt: new Date(),
        });
      await follow(blog, ada);
      await follow(ben, blog);
      for (const [policy, names] of [
        ["followed", ["Ada"]],
        ["follower", ["Ben"]],
        ["none", []],
        ["all", ["Ada", "Ben"]],
      ] as const) {
        await subscribe({ alerts: ALL, policy });
        const before = phone.received.length;
        for (const person of [ada, ben]) await tell("favourite", post, person);
        await drainPush(api.site);
        assert.equal(phone.received.length - before, names.length, policy);
        await api.site.models.notifications.deleteMany({});
      }
      await api.site.models.follows.deleteMany({});
    });

    it("is not sent for what was dismissed, is held back, or may not be seen any more", async () => {
      await subscribe();
      const [dismissed, held, gone] = [
        await tell("favourite"),
        await tell("follow", null),
        await tell("mention", await storePost(api.site, ada, { deletedAt: new Date() })),
      ];
      await client.post(`/api/v1/notifications/${dismissed._id}/dismiss`);
      await api.site.models.notifications.updateOne({ _id: held._id }, { $set: { filtered: true } });
      assert.ok(gone);
      await drainPush(api.site);
      assert.equal(phone.received.length, 0);
      assert.equal(await api.site.models.pushJobs.countDocuments({}), 0);
    });

    it("is sent by one process only", async () => {
      await subscribe();
      await tell("favourite");
      await Promise.all([drainPush(api.site), drainPush(api.site)]);
      assert.equal(phone.received.length, 1);
    });
  });

  describe("a push service", () => {
    it("that knows the client no more ends the subscription", async () => {
      for (const status of [404, 410]) {
        await subscribe();
        phone.status = status;
        await tell("favourite");
        await tell("follow", null);
        await drainPush(api.site);
        await client.get(PATH, {}, { expect: 404 });
        assert.equal(await api.site.models.pushJobs.countDocuments({}), 0);
        await api.site.models.notifications.deleteMany({});
      }
    });

    it("that is in trouble is asked again, later and later, and not for ever", async () => {
      await subscribe();
      phone.status = 503;
      await tell("favourite");
      assert.equal(await drainPush(api.site), 0);
      await drainPush(api.site);
      assert.equal(phone.received.length, 1, "not at once");
      clock.advance(MINUTE);
      phone.status = 429;
      await drainPush(api.site);
      assert.equal(phone.received.length, 2);
      clock.advance(MINUTE);
      await drainPush(api.site);
      assert.equal(phone.received.length, 2, "the second wait is longer");
      clock.advance(5 * MINUTE);
      phone.status = 201;
      assert.equal(await drainPush(api.site), 1);
      assert.equal(phone.received.length, 3);

      phone.status = 500;
      await tell("follow", null);
      for (let hours = 0; hours < 60; hours += 1) {
        await drainPush(api.site);
        clock.advance(HOUR);
      }
      assert.ok(phone.received.length <= 3 + 7);
      assert.equal(await api.site.models.pushJobs.countDocuments({}), 0);
      assert.equal((await client.get(PATH)).status, 200, "the subscription stays");
    });

    it("that refuses one message loses that one", async () => {
      await subscribe();
      phone.status = 413;
      await tell("favourite");
      assert.equal(await drainPush(api.site), 1);
      assert.equal((await client.get(PATH)).status, 200);
      assert.equal(await api.site.models.pushJobs.countDocuments({}), 0);
    });

    it("that redirects is not followed", async () => {
      await subscribe();
      phone.status = 302;
      await tell("favourite");
      await drainPush(api.site);
      assert.equal(phone.received.length, 1);
    });

    it("on a blocked host is not spoken to", async () => {
      const other = await startApi({ blockedHosts: ["127.0.0.1"] });
      const app = await other.client();
      await app.post(PATH, { subscription: phone.subscription(), data: { alerts: ALL } });
      await notify(other.site, {
        owner: await other.account(),
        type: "follow",
        from: await storePerson(other.site, "ada"),
      });
      await drainPush(other.site);
      assert.equal(phone.received.length, 0);
      await other.close();
    });

    it("inside the site's own network is never reached on a public site", async () => {
      const real = await startApi({ origin: "https://blog.example", allowPrivateNetwork: false });
      const owner = await real.account();
      const { port } = new URL(phone.endpoint);
      await insertRow(real.site.models.pushes, {
        _id: 1,
        publicId: 1,
        token: 1,
        account: owner._id,
        endpoint: `https://127.0.0.1:${port}/push`,
        ...(phone.subscription() as { keys: { p256dh: string; auth: string } }).keys,
        standard: true,
        alerts: { follow: true },
        policy: "all",
        createdAt: new Date(),
      });
      await notify(real.site, { owner, type: "follow", from: await storePerson(real.site, "ada") });
      assert.equal(await drainPush(real.site), 1);
      assert.equal(phone.server.connections, 0);
      await real.close();
    });
  });

  it("is sent by the clockwork without being asked", async () => {
    const running = await startApi({ clockwork: true });
    const app = await running.client();
    await app.post(PATH, { subscription: phone.subscription(), data: { alerts: ALL } });
    await notify(running.site, {
      owner: await running.account(),
      type: "follow",
      from: await storePerson(running.site, "ada"),
    });
    await until(() => phone.received.length === 1, "the message");
    assert.equal(phone.last().title, "Ada follows you");
    await running.close();
  });

  it("keeps its keys over a restart, one pair for all processes", async () => {
    const keys = await vapidKeys(api.site);
    const again = await vapidKeys({ ...api.site });
    assert.deepEqual(again, keys);
  });
});

function portOf({ server }: StartedApi): number {
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return address.port;
}
