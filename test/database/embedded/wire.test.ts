import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { BSON } from "mongodb";
import fc from "fast-check";
import { Framing } from "../../../src/database/embedded/wire/framing.ts";
import type { Opened } from "./opened.ts";
import { opened } from "./opened.ts";

function message(opCode: number, body: Buffer, length = body.length + 16): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(length, 0);
  header.writeInt32LE(7, 4);
  header.writeInt32LE(opCode, 12);
  return Buffer.concat([header, body]);
}

function opMsg(document: BSON.Document, flags = 0): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32LE(flags, 0);
  return message(2013, Buffer.concat([head, BSON.serialize(document)]));
}

describe("the socket", () => {
  let it_: Opened;
  let path: string;
  before(async () => {
    it_ = await opened({ thread: true });
    path = decodeURIComponent(/^mongodb:\/\/([^/]+)\//.exec(it_.store.uri)?.[1] ?? "");
  });
  after(() => it_.close());

  async function dial(): Promise<Socket> {
    const socket = connect(path);
    await once(socket, "connect");
    return socket;
  }

  /** What comes back for bytes: a document, or undefined when the connection is closed on us. */
  async function answer(socket: Socket): Promise<BSON.Document | undefined> {
    const framing = new Framing();
    for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      const [frame] = framing.push(chunk);
      if (frame !== undefined) return BSON.deserialize(frame.body.subarray(frame.opCode === 1 ? 20 : 5));
    }
    return undefined;
  }

  const hostile: [name: string, bytes: Buffer][] = [
    ["garbage", Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
    ["a huge length", message(2013, Buffer.alloc(8), 0x7fffffff)],
    ["a negative length", message(2013, Buffer.alloc(8), -5)],
    ["a length below the header's", message(2013, Buffer.alloc(8), 3)],
    ["an unknown kind of message", message(9999, Buffer.alloc(32))],
    ["a compressed message", message(2012, Buffer.alloc(32))],
    [
      "an OP_QUERY that is no handshake",
      message(
        2004,
        Buffer.concat([Buffer.alloc(4), Buffer.from("db.c\0"), Buffer.alloc(8), BSON.serialize({ a: 1 })]),
      ),
    ],
    ["an OP_QUERY that is cut short", message(2004, Buffer.from([0, 0, 0, 0, 65]))],
    ["no section at all", message(2013, Buffer.alloc(4))],
    ["a section of an unknown kind", message(2013, Buffer.from([0, 0, 0, 0, 9, 1, 2, 3, 4]))],
    ["unknown required flags", opMsg({ ping: 1, $db: "t" }, 1 << 5)],
    [
      "a document longer than its message",
      message(2013, Buffer.from([0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f, 0])),
    ],
    [
      "a section longer than its message",
      message(2013, Buffer.from([0, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 65, 0])),
    ],
  ];

  for (const [name, bytes] of hostile) {
    it(`closes on ${name} and serves everybody else`, async () => {
      const socket = await dial();
      socket.on("error", () => undefined);
      socket.write(bytes);
      assert.equal(await answer(socket), undefined);
      assert.equal((await it_.db.command({ ping: 1 }))["ok"], 1);
    });
  }

  it("answers broken BSON inside a whole message with code 22", async () => {
    const socket = await dial();
    const bytes = opMsg({ ping: 1, text: "abc", $db: "t" });
    bytes.writeInt32LE(99, bytes.indexOf("text\0") + 5);
    socket.write(bytes);
    const reply = await answer(socket);
    assert.deepEqual([reply?.["ok"], reply?.["code"], reply?.["codeName"]], [0, 22, "InvalidBSON"]);
    socket.destroy();
  });

  it("answers the old handshake in the old form and refuses strange commands by name", async () => {
    const socket = await dial();
    const body = [
      Buffer.alloc(4),
      Buffer.from("admin.$cmd\0"),
      Buffer.alloc(8),
      BSON.serialize({ isMaster: 1 }),
    ];
    socket.write(message(2004, Buffer.concat(body)));
    const hello = await answer(socket);
    assert.equal(hello?.["ismaster"], true);
    assert.equal(hello?.["topologyVersion"], undefined);
    socket.destroy();
  });

  it("takes half messages, several at once, and does not answer those that want none", async () => {
    const socket = await dial();
    const silent = opMsg({ insert: "w", documents: [{ _id: 1 }], $db: "test" }, 2);
    const bytes = Buffer.concat([silent, opMsg({ count: "w", $db: "test" })]);
    socket.write(bytes.subarray(0, 20));
    await it_.db.command({ ping: 1 });
    socket.write(bytes.subarray(20));
    assert.equal((await answer(socket))?.["n"], 1);
    socket.destroy();
  });

  it("lives through clients that vanish in the middle of a message or of an answer", async () => {
    await it_.db
      .collection("big")
      .insertMany(Array.from({ length: 50 }, () => ({ text: "x".repeat(50_000) })));
    for (let round = 0; round < 10; round++) {
      const socket = await dial();
      socket.write(opMsg({ find: "big", $db: "test" }).subarray(0, round % 2 === 0 ? undefined : 30));
      socket.destroy();
    }
    assert.equal((await it_.db.command({ ping: 1 }))["ok"], 1);
  });

  it("closes in good time even if a client never reads its answer", async () => {
    const other = await opened();
    await other.db
      .collection("big")
      .insertMany(Array.from({ length: 50 }, () => ({ text: "x".repeat(50_000) })));
    const stalled = connect(decodeURIComponent(/^mongodb:\/\/([^/]+)\//.exec(other.store.uri)?.[1] ?? ""));
    await once(stalled, "connect");
    stalled.on("error", () => undefined);
    stalled.pause();
    stalled.write(opMsg({ find: "big", $db: "test" }));
    await other.db.command({ ping: 1 });
    await other.close();
    stalled.destroy();
  });

  it("cuts a stream into the same messages however it is chopped", () => {
    const messages = [opMsg({ a: 1 }), opMsg({ b: "x".repeat(300) }), opMsg({ c: 1 })];
    const stream = Buffer.concat(messages);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1 }), (sizes) => {
        const framing = new Framing();
        const bodies: Buffer[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const size = sizes[turn % sizes.length] as number;
          bodies.push(...framing.push(Buffer.from(stream.subarray(at, at + size))).map(({ body }) => body));
          at += size;
        }
        assert.deepEqual(
          bodies,
          messages.map((bytes) => bytes.subarray(16)),
        );
      }),
    );
  });
});
