/**
 * A small server of somebody else: everything that meets the network is Fedify's, with its signature checks on. Run as a
 * process of its own by fedify.test.ts, which steers it over `/control/…` and reads what it has received.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  Accept,
  Announce,
  createFederation,
  Create,
  Delete,
  Endpoints,
  Follow,
  generateCryptoKeyPair,
  isActor,
  Like,
  MemoryKvStore,
  Note,
  Person,
  Reject,
  Undo,
  Update,
  type Activity,
  type Actor,
  type HttpMessageSignaturesSpec,
  type Recipient,
} from "@fedify/fedify";

// Fedify 1.10 asks for Node 22; on Node 20 this method of the language is all that it misses.
const buffers = ArrayBuffer.prototype as { transfer?: (this: ArrayBuffer, length?: number) => ArrayBuffer };
buffers.transfer ??= function (this: ArrayBuffer, length = this.byteLength) {
  const moved = new ArrayBuffer(length);
  new Uint8Array(moved).set(new Uint8Array(this).subarray(0, length));
  return moved;
};

const server = createServer();
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `http://localhost:${(server.address() as AddressInfo).port}`;

/** What came through the door, in order: Fedify has verified the signature of each. */
const received: { type: string; id: string | null; actor: string | null; json: unknown; object: unknown }[] =
  [];
const notes = new Map<string, Note>();
const followers = new Map<string, Actor>();
const keys = [await generateCryptoKeyPair("RSASSA-PKCS1-v1_5")];

const federation = createFederation<undefined>({
  kv: new MemoryKvStore(),
  allowPrivateAddress: true,
  firstKnock: (process.env.FIRST_KNOCK ?? "rfc9421") as HttpMessageSignaturesSpec,
});

federation
  .setActorDispatcher("/users/{identifier}", async (context, identifier) => {
    if (identifier !== "alice") return null;
    const [pair] = await context.getActorKeyPairs(identifier);
    return new Person({
      id: context.getActorUri(identifier),
      preferredUsername: identifier,
      name: "Alice of Elsewhere",
      summary: "Reads blogs.",
      url: new URL(`/@${identifier}`, context.canonicalOrigin),
      inbox: context.getInboxUri(identifier),
      outbox: context.getOutboxUri(identifier),
      followers: context.getFollowersUri(identifier),
      endpoints: new Endpoints({ sharedInbox: context.getInboxUri() }),
      ...(pair ? { publicKey: pair.cryptographicKey } : {}),
    });
  })
  .setKeyPairsDispatcher(() => keys);
federation.setOutboxDispatcher("/users/{identifier}/outbox", () => ({ items: [] }));
federation.setFollowersDispatcher("/users/{identifier}/followers", () => ({ items: [] }));
federation.setObjectDispatcher(Note, "/notes/{id}", (_context, { id }) => notes.get(id) ?? null);

const listeners = federation.setInboxListeners("/users/{identifier}/inbox", "/inbox");
for (const type of [Accept, Reject, Create, Update, Delete, Like, Announce, Undo]) {
  listeners.on<Activity>(type, async (context, activity) => {
    // The Follow inside an Accept is Alice's own, and has no address; of everything else only its origin is believed.
    const crossOrigin = type === Accept || type === Reject ? "trust" : "throw";
    const object = await activity.getObject({ documentLoader: context.documentLoader, crossOrigin });
    if (object instanceof Follow && type === Undo) followers.delete(activity.actorId?.href ?? "");
    received.push({
      type: type.name,
      id: activity.id?.href ?? null,
      actor: activity.actorId?.href ?? null,
      json: await activity.toJsonLd({ format: "compact" }),
      object:
        object === null ? null : { class: object.constructor.name, ...((await object.toJsonLd()) as object) },
    });
  });
}

/** Alice says yes to everybody. */
listeners.on(Follow, async (context, follow) => {
  const follower = await follow.getActor({ documentLoader: context.documentLoader });
  if (!follower?.id || follow.objectId?.href !== self().href) return;
  followers.set(follower.id.href, follower);
  await send(follower, new Accept({ id: id("accept"), actor: self(), object: follow, to: follower.id }));
});

const context = () => federation.createContext(new URL(origin), undefined);
const self = () => context().getActorUri("alice");

async function blog(handle: string): Promise<Actor> {
  const found = await context().lookupObject(handle);
  if (!isActor(found)) throw new Error(`${handle} is no actor`);
  return found;
}

async function send(to: Actor, activity: Activity): Promise<string> {
  await context().sendActivity({ identifier: "alice" }, to as Recipient, activity);
  return activity.id?.href ?? "";
}

const id = (kind: string): URL => new URL(`/activities/${kind}/${randomUUID()}`, origin);
const PUBLIC = new URL("https://www.w3.org/ns/activitystreams#Public");

/** What the test can ask of Alice; each answers with JSON. */
const control: Record<string, (given: Record<string, string>) => Promise<unknown>> = {
  async lookup({ name = "" }) {
    const found = await context().lookupObject(name);
    return found === null
      ? null
      : { class: found.constructor.name, json: await found.toJsonLd({ format: "compact" }) };
  },
  received: () => Promise.resolve(received),
  async follow({ handle = "" }) {
    const actor = await blog(handle);
    return send(actor, new Follow({ id: id("follow"), actor: self(), object: actor.id, to: actor.id }));
  },
  async unfollow({ handle = "", follow = "" }) {
    const actor = await blog(handle);
    const object = new Follow({ id: new URL(follow), actor: self(), object: actor.id });
    return send(actor, new Undo({ id: id("undo"), actor: self(), object, to: actor.id }));
  },
  async reply({ handle = "", to = "", html = "" }) {
    const actor = await blog(handle);
    const name = randomUUID();
    const uri = new URL(`/notes/${name}`, origin).href;
    const note = await Note.fromJsonLd({
      "@context": "https://www.w3.org/ns/activitystreams",
      type: "Note",
      id: uri,
      url: uri,
      attributedTo: self().href,
      content: html,
      inReplyTo: to,
      published: new Date().toISOString(),
      to: PUBLIC.href,
      cc: actor.id?.href,
      tag: [{ type: "Mention", href: actor.id?.href, name: handle }],
    });
    notes.set(name, note);
    await send(
      actor,
      new Create({ id: id("create"), actor: self(), object: note, to: PUBLIC, cc: actor.id }),
    );
    return note.id?.href;
  },
  async write({ html = "" }) {
    const name = randomUUID();
    const uri = new URL(`/notes/${name}`, origin);
    const to = { to: PUBLIC, cc: context().getFollowersUri("alice") };
    const note = await Note.fromJsonLd({
      "@context": "https://www.w3.org/ns/activitystreams",
      ...{ type: "Note", id: uri.href, url: uri.href, attributedTo: self().href, content: html },
      ...{ to: to.to.href, cc: to.cc.href, published: new Date().toISOString() },
    });
    notes.set(name, note);
    for (const follower of followers.values())
      await send(follower, new Create({ id: id("create"), actor: self(), object: note, ...to }));
    return uri.href;
  },
  async edit({ handle = "", note = "", html = "" }) {
    const name = note.split("/").at(-1) ?? "";
    const known = await notes.get(name)?.toJsonLd({ format: "compact" });
    const changed = await Note.fromJsonLd({
      ...(known as object),
      content: html,
      updated: new Date().toISOString(),
    });
    notes.set(name, changed);
    const actor = await blog(handle);
    return send(
      actor,
      new Update({ id: id("update"), actor: self(), object: changed, to: PUBLIC, cc: actor.id }),
    );
  },
  async remove({ handle = "", note = "" }) {
    notes.delete(note.split("/").at(-1) ?? "");
    return send(
      await blog(handle),
      new Delete({ id: id("delete"), actor: self(), object: new URL(note), to: PUBLIC }),
    );
  },
  async like({ handle = "", object = "" }) {
    return send(await blog(handle), new Like({ id: id("like"), actor: self(), object: new URL(object) }));
  },
  async boost({ handle = "", object = "" }) {
    const announce = new Announce({ id: id("announce"), actor: self(), object: new URL(object), to: PUBLIC });
    return send(await blog(handle), announce);
  },
  async undo({ handle = "", activity = "", kind = "", object = "" }) {
    const parts = { id: new URL(activity), actor: self(), object: new URL(object) };
    const inner = kind === "like" ? new Like(parts) : new Announce(parts);
    return send(await blog(handle), new Undo({ id: id("undo"), actor: self(), object: inner }));
  },
};

server.on("request", (request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error(error);
    response.writeHead(500, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: String(error) }));
  });
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const url = new URL(request.url ?? "/", origin);
  const steer = control[/^\/control\/(\w+)$/.exec(url.pathname)?.[1] ?? ""];
  if (steer) {
    const given = body.length === 0 ? {} : (JSON.parse(body.toString()) as Record<string, string>);
    const result = await steer(given);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(result ?? null));
    return;
  }
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers))
    for (const line of [value ?? []].flat()) headers.append(name, line);
  const method = request.method ?? "GET";
  const asked = new Request(url, {
    method,
    headers,
    ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
  });
  const answered = await federation.fetch(asked, { contextData: undefined });
  response.writeHead(answered.status, Object.fromEntries(answered.headers));
  response.end(Buffer.from(await answered.arrayBuffer()));
}

process.once("SIGTERM", () => process.exit(0));
console.log(`ready ${origin}`);
