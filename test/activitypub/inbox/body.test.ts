import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { readBody } from "../../../src/activitypub/inbox/body.ts";

/** A request whose body the test writes. */
function request(headers: Record<string, string> = {}): PassThrough & IncomingMessage {
  return Object.assign(new PassThrough(), { headers }) as unknown as PassThrough & IncomingMessage;
}

describe("the body of a request", () => {
  it("is given as the bytes that came", async () => {
    const incoming = request();
    const reading = readBody(incoming);
    incoming.write(Buffer.from([0, 255]));
    incoming.end(Buffer.from([1]));
    assert.deepEqual(await reading, { ok: true, body: Buffer.from([0, 255, 1]) });
  });

  it("may be empty", async () => {
    const incoming = request();
    const reading = readBody(incoming);
    incoming.end();
    assert.deepEqual(await reading, { ok: true, body: Buffer.alloc(0) });
  });

  it("ends by our clock when it dribbles in", async () => {
    const incoming = request();
    const reading = readBody(incoming, { timeout: 20 });
    incoming.write("{");
    assert.deepEqual(await reading, { ok: false, reason: "too-slow" });
    incoming.destroy();
  });

  it("is too large as soon as it is promised so, and is read away so that the answer arrives", async () => {
    const incoming = request({ "content-length": "11" });
    const reading = readBody(incoming, { bytes: 10 });
    incoming.end("12345678901");
    assert.deepEqual(await reading, { ok: false, reason: "too-large" });
  });

  it("is too large by what comes, whatever was promised", async () => {
    const incoming = request({ "content-length": "3" });
    const reading = readBody(incoming, { bytes: 10 });
    incoming.end("12345678901");
    assert.deepEqual(await reading, { ok: false, reason: "too-large" });
  });

  it("is not listened to for ever when it never ends", async () => {
    const incoming = request();
    const reading = readBody(incoming, { bytes: 10 });
    incoming.write("x".repeat(41));
    assert.deepEqual(await reading, { ok: false, reason: "too-large" });
    incoming.destroy();
  });

  it("is broken off when the sender hangs up", async () => {
    const incoming = request();
    const reading = readBody(incoming);
    incoming.write("{");
    incoming.destroy();
    assert.deepEqual(await reading, { ok: false, reason: "broken-off" });
  });

  it("has been eaten when somebody has read it before", async () => {
    const incoming = request();
    incoming.end("{}");
    for await (const _chunk of incoming) void _chunk;
    assert.deepEqual(await readBody(incoming), { ok: false, reason: "eaten" });
  });

  it("is what the host kept as rawBody, within the same limit", async () => {
    const kept = Object.assign(request(), { rawBody: Buffer.from("{}") });
    assert.deepEqual(await readBody(kept), { ok: true, body: Buffer.from("{}") });
    assert.deepEqual(await readBody(kept, { bytes: 1 }), { ok: false, reason: "too-large" });
  });
});
