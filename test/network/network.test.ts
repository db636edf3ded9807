import assert from "node:assert/strict";
import type { RequestListener, ServerResponse } from "node:http";
import { setImmediate as nextTurn } from "node:timers/promises";
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import type { Lookup } from "../../src/network/resolver.ts";
import {
  createNetwork,
  NetworkError,
  type Network,
  type NetworkErrorCode,
  type NetworkOptions,
} from "../../src/network/network.ts";
import { contentDigestHeader, digestHeader } from "../../src/signatures/digest.ts";
import { readSignature, verifySignature } from "../../src/signatures/verify.ts";
import { keyPairFor } from "../support/remote-keys.ts";
import { startServer, type RecordedRequest, type TestServer } from "../support/server.ts";
import { TestClock } from "../support/test-clock.ts";
import { until } from "../support/until.ts";
import { certificate, certificateKey } from "./certificate.ts";

const userAgent = "test/1 (+https://blog.example)";
const keys = keyPairFor("network");
const signer = { keyId: "https://blog.example/ap/actor#main-key", privateKeyPem: keys.privatePem };
const clock = new TestClock();
/** Every name is this machine. */
const loopback: Lookup = () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]);

async function failsWith(work: Promise<unknown>, code: NetworkErrorCode): Promise<NetworkError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof NetworkError, `${code} was expected, and there was no error of the network`);
  assert.equal(error.code, code);
  return error;
}

/** `ok`, or why our own verifier refuses what came. */
async function verdict(request: RecordedRequest, origin: string): Promise<string> {
  const message = { ...request, origins: [origin] };
  const read = readSignature(message, { now: clock.now() });
  if (!read.ok) return `${read.reason}: ${read.detail}`;
  const verified = await verifySignature(message, read.signature, keys.publicPem);
  return verified.ok ? "ok" : verified.reason;
}

describe("the network", () => {
  const servers: TestServer[] = [];
  const networks: Network[] = [];

  async function serve(
    listener: RequestListener,
    options?: Parameters<typeof startServer>[1],
  ): Promise<TestServer> {
    const server = await startServer(listener, options);
    servers.push(server);
    return server;
  }
  function open(options: Partial<NetworkOptions> = {}): Network {
    const network = createNetwork({ userAgent, allowPrivateNetwork: true, clock, ...options });
    networks.push(network);
    return network;
  }
  afterEach(async () => {
    await Promise.all(networks.splice(0).map((network) => network.close()));
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  describe("fetching", () => {
    it("gives status, headers, body and where it came from", async () => {
      const server = await serve((_request, response) => {
        response.setHeader("Set-Cookie", ["a=1", "b=2"]);
        response.setHeader("Content-Type", "application/activity+json; charset=utf-8");
        response.end('{"id":1}');
      });
      const fetched = await open().get(`${server.origin}/a?b=c#fragment`, {
        accept: "application/activity+json",
      });
      assert.equal(fetched.status, 200);
      assert.equal(fetched.url, `${server.origin}/a?b=c`);
      assert.equal(fetched.body.toString(), '{"id":1}');
      assert.equal(fetched.contentType, "application/activity+json; charset=utf-8");
      assert.equal(fetched.headers["set-cookie"], "a=1, b=2");
      const [request] = server.requests;
      assert.equal(request?.target, "/a?b=c");
      assert.equal(request.headers["user-agent"], userAgent);
      assert.equal(request.headers.accept, "application/activity+json");
      assert.equal(request.headers.signature, undefined);
    });

    it("gives any status as an answer, with the body of an error if it is small", async () => {
      const server = await serve((request, response) => {
        const status = Number(request.url?.slice(1));
        response
          .writeHead(status)
          .end(status === 304 ? undefined : status === 404 ? "x".repeat(200_000) : "gone");
      });
      const network = open();
      const gone = await network.get(`${server.origin}/410`);
      assert.deepEqual([gone.status, gone.body.toString()], [410, "gone"]);
      const missing = await network.get(`${server.origin}/404`);
      assert.deepEqual([missing.status, missing.body.length], [404, 0]);
      assert.equal(
        (await network.get(`${server.origin}/304`, { headers: { "if-none-match": '"1"' } })).status,
        304,
      );
      assert.equal(server.requests.at(-1)?.headers["if-none-match"], '"1"');
    });

    it("signs what our own verifier accepts, at the clock's time", async () => {
      const server = await serve((_request, response) => void response.end());
      await open().get(`${server.origin}/users/mira?page=1`, { signer });
      const request = server.requests[0] as RecordedRequest;
      assert.equal(request.headers.date, clock.now().toUTCString());
      assert.match(request.headers.signature as string, /headers="\(request-target\) host date"/);
      assert.equal(await verdict(request, server.origin), "ok");
    });

    it("tries again without the query in the signature where a server says 401 to it", async () => {
      const server = await serve((request, response) => {
        const bare = { method: "GET", target: "/users/mira", headers: request.headers, body: undefined };
        const read = readSignature({ ...bare, origins: [server.origin] }, { now: clock.now() });
        if (!read.ok) return void response.writeHead(400).end();
        verifySignature({ ...bare, origins: [server.origin] }, read.signature, keys.publicPem).then(
          ({ ok }) => response.writeHead(ok ? 200 : 401).end(),
          () => response.writeHead(500).end(),
        );
      });
      const network = open();
      const fetched = await network.get(`${server.origin}/users/mira?page=1`, { signer });
      assert.equal(fetched.status, 200);
      assert.deepEqual(
        server.requests.map(({ target }) => target),
        ["/users/mira?page=1", "/users/mira?page=1"],
      );
    });

    it("takes a 401 as the answer where there is no query or no signature to change", async () => {
      const server = await serve((_request, response) => void response.writeHead(401).end());
      const network = open();
      assert.equal((await network.get(`${server.origin}/a`, { signer })).status, 401);
      assert.equal((await network.get(`${server.origin}/a?b`)).status, 401);
      assert.equal(server.requests.length, 2);
      assert.equal((await network.get(`${server.origin}/a?b`, { signer })).status, 401);
      assert.equal(server.requests.length, 4);
    });

    describe("decompresses", () => {
      const text = Buffer.from("bread ".repeat(1000));
      const rows: [string, Buffer][] = [
        ["gzip", gzipSync(text)],
        ["X-GZIP", gzipSync(text)],
        ["deflate", deflateSync(text)],
        ["deflate", deflateRawSync(text)],
        ["br", brotliCompressSync(text)],
        ["identity", text],
      ];
      for (const [encoding, bytes] of rows) {
        it(`${encoding} of ${bytes.length} bytes`, async () => {
          const server = await serve((_request, response) => {
            response.writeHead(200, { "content-encoding": encoding }).end(bytes);
          });
          const fetched = await open().get(server.origin);
          assert.ok(fetched.body.equals(text));
          assert.equal(server.requests[0]?.headers["accept-encoding"], "gzip, deflate, br");
        });
      }

      for (const [what, encoding, bytes] of [
        ["an unknown encoding", "zstd", text],
        ["encodings on top of each other", "gzip, gzip", gzipSync(gzipSync(text))],
        ["what is not as it says", "gzip", text],
        ["what is cut short", "gzip", gzipSync(text).subarray(0, 30)],
      ] as const) {
        it(`but not ${what}`, async () => {
          const server = await serve((_request, response) => {
            response.writeHead(200, { "content-encoding": encoding }).end(bytes);
          });
          const error = await failsWith(open().get(server.origin), "bad-encoding");
          assert.equal(error.retryable, false);
        });
      }
    });
  });

  describe("limits an answer", () => {
    const limit = 100_000;
    const bomb = Buffer.alloc(20 * 1024 * 1024);
    const fast = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
    const rows: [string, (response: ServerResponse) => void][] = [
      [
        "that announces too much",
        (response) => response.writeHead(200, { "content-length": limit + 1 }).write("x"),
      ],
      [
        "that grows too large unannounced",
        (response) => {
          const more = (): void => {
            if (!response.destroyed) response.write("x".repeat(10_000), () => setImmediate(more));
          };
          more();
        },
      ],
      [
        "that is a gzip bomb",
        (response) => response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(bomb)),
      ],
      [
        "that is a brotli bomb",
        (response) =>
          response.writeHead(200, { "content-encoding": "br" }).end(brotliCompressSync(bomb, fast)),
      ],
      [
        "with headers without end",
        (response) => response.writeHead(200, { "x-long": "x".repeat(20_000) }).end(),
      ],
    ];
    for (const [what, answer] of rows) {
      it(what, async () => {
        let closed = false;
        const server = await serve((_request, response) => {
          response.on("close", () => (closed = true));
          answer(response);
        });
        const error = await failsWith(open().get(server.origin, { maxBytes: limit }), "too-large");
        assert.equal(error.retryable, false);
        await until(() => closed, "the end of the answer");
      });
    }

    it("exactly at the size that is asked for", async () => {
      const server = await serve((_request, response) => void response.end("x".repeat(limit)));
      const network = open();
      assert.equal((await network.get(server.origin, { maxBytes: limit })).body.length, limit);
      await failsWith(network.get(server.origin, { maxBytes: limit - 1 }), "too-large");
    });

    for (const [what, answer] of [
      ["that never comes", () => undefined],
      ["whose headers come and no more", (response: ServerResponse) => response.write("x")],
      [
        "that drips",
        (response: ServerResponse) => {
          const timer = setInterval(() => response.write("x"), 5);
          response.on("close", () => clearInterval(timer));
        },
      ],
    ] as [string, (response: ServerResponse) => void][]) {
      it(`in time: one ${what}`, async () => {
        let closed = false;
        const server = await serve((_request, response) => {
          response.on("close", () => (closed = true));
          answer(response);
        });
        // Enough for the request to be there, also on a machine that is slow and busy.
        const error = await failsWith(open().get(server.origin, { timeout: 1000 }), "timeout");
        assert.equal(error.retryable, true);
        assert.equal(error.status, 504);
        await until(() => closed, "the end of the answer");
      });
    }

    it("in time over all redirects", async () => {
      const server = await serve((_request, response) => {
        setTimeout(() => response.writeHead(302, { location: "/" }).end(), 40);
      });
      await failsWith(open().get(server.origin, { timeout: 60 }), "timeout");
    });

    it("in time also while waiting for a free connection", async () => {
      const server = await serve(() => undefined);
      const network = open({ connections: 1 });
      const waiting = [1, 2, 3].map(() => failsWith(network.get(server.origin, { timeout: 60 }), "timeout"));
      await Promise.all(waiting);
    });

    it("by the caller's signal, before, during, and while waiting", async () => {
      const server = await serve(() => undefined);
      const network = open({ connections: 1 });
      await failsWith(network.get(server.origin, { signal: AbortSignal.abort() }), "aborted");
      assert.equal(server.requests.length, 0);
      const controller = new AbortController();
      const both = [1, 2].map(() =>
        failsWith(network.get(server.origin, { signal: controller.signal }), "aborted"),
      );
      await until(() => server.requests.length === 1, "the request");
      controller.abort();
      await Promise.all(both);
      assert.equal(server.requests.length, 1);
    });
  });

  describe("tells apart", () => {
    it("a server that is not there", async () => {
      const server = await startServer(() => undefined);
      await server.close();
      const error = await failsWith(open().get(server.origin), "refused");
      assert.equal(error.message, `127.0.0.1:${server.port} does not accept connections.`);
      assert.equal(error.retryable, true);
    });

    it("a connection that breaks before, and within the answer", async () => {
      const server = await serve((request, response) => {
        if (request.url === "/within") response.writeHead(200, { "content-length": 100 }).write("x");
        setImmediate(() => response.socket?.destroy());
      });
      const network = open();
      for (const path of ["/before", "/within"]) {
        const error = await failsWith(network.get(server.origin + path), "reset");
        assert.equal(error.retryable, true);
      }
    });

    it("what is not HTTP", async () => {
      const server = await serve((_request, response) => response.socket?.end("SSH-2.0-OpenSSH_9.2\r\n"));
      await failsWith(open().get(server.origin), "bad-answer");
    });

    it("a certificate that nobody vouches for, and one of another name", async () => {
      const server = await serve((_request, response) => void response.end("secret"), {
        tls: { key: certificateKey, cert: certificate },
      });
      await failsWith(open({ lookup: loopback }).get(`https://secure.test:${server.port}/`), "tls");
      const trusting = open({ lookup: loopback, ca: certificate });
      await failsWith(trusting.get(`https://other.test:${server.port}/`), "tls");
      assert.equal((await trusting.get(`https://secure.test:${server.port}/`)).body.toString(), "secret");
      assert.equal(server.requests.length, 1);
    });
  });

  describe("on a redirect", () => {
    it("signs anew for where it leads", async () => {
      const second = await serve((_request, response) => void response.end("here"), { host: "127.0.0.2" });
      const first = await serve((_request, response) => {
        response.writeHead(301, { location: `${second.origin}/users/mira?x=1` }).end();
      });
      const fetched = await open().get(`${first.origin}/@mira`, {
        signer,
        headers: { "if-none-match": '"1"' },
      });
      assert.equal(fetched.url, `${second.origin}/users/mira?x=1`);
      assert.equal(fetched.body.toString(), "here");
      const [there, here] = [first.requests[0] as RecordedRequest, second.requests[0] as RecordedRequest];
      assert.equal(await verdict(there, first.origin), "ok");
      assert.equal(await verdict(here, second.origin), "ok");
      assert.notEqual(here.headers.signature, there.headers.signature);
      assert.equal(there.headers["if-none-match"], '"1"');
      assert.equal(
        here.headers["if-none-match"],
        undefined,
        "what was meant for one origin is not told to another",
      );
    });

    it("follows a relative one, of each kind, and keeps the caller's headers on the same origin", async () => {
      const server = await serve((request, response) => {
        const status = Number(request.url?.slice(1));
        if (status > 0) response.writeHead(status, { location: "./end" }).end();
        else response.end(request.headers["x-mine"]);
      });
      for (const status of [301, 302, 303, 307, 308]) {
        const fetched = await open().get(`${server.origin}/${status}`, { headers: { "x-mine": "kept" } });
        assert.deepEqual([fetched.url, fetched.body.toString()], [`${server.origin}/end`, "kept"]);
      }
    });

    it("stops after three", async () => {
      const server = await serve((request, response) => {
        response.writeHead(302, { location: `/${Number(request.url?.slice(1)) + 1}` }).end();
      });
      await failsWith(open().get(`${server.origin}/0`), "too-many-redirects");
      assert.equal(server.requests.length, 4);
      await failsWith(open().get(`${server.origin}/0`, { redirects: 0 }), "too-many-redirects");
      assert.equal(server.requests.length, 5);
    });

    it("does not run in circles", async () => {
      const server = await serve(
        (request, response) => void response.writeHead(302, { location: request.url }).end(),
      );
      await failsWith(open().get(`${server.origin}/`), "too-many-redirects");
    });

    it("stays on the host where the caller says so", async () => {
      const other = await serve((_request, response) => void response.end());
      const server = await serve((request, response) => {
        response.writeHead(302, { location: request.url === "/away" ? `${other.origin}/` : "/home" });
        response.end();
      });
      await failsWith(open().get(`${server.origin}/away`, { sameHostRedirects: true }), "bad-redirect");
      assert.equal(other.requests.length, 0);
      await failsWith(
        open().get(`${server.origin}/x`, { sameHostRedirects: true, redirects: 1 }),
        "too-many-redirects",
      );
    });

    it("never goes from https to http, not even in development", async () => {
      const plain = await serve((_request, response) => void response.end());
      const secure = await serve(
        (_request, response) => void response.writeHead(302, { location: plain.origin }).end(),
        {
          tls: { key: certificateKey, cert: certificate },
        },
      );
      const network = open({ ca: certificate, lookup: loopback });
      await failsWith(network.get(`https://secure.test:${secure.port}/`), "bad-redirect");
      assert.equal(plain.requests.length, 0);
    });

    it("without a Location gives the redirect itself", async () => {
      const server = await serve((_request, response) => void response.writeHead(302).end());
      assert.equal((await open().get(server.origin)).status, 302);
    });
  });

  describe("posting", () => {
    const body = Buffer.from('{"type":"Follow"}');
    const contentType = "application/activity+json";

    it("signs what our own verifier accepts", async () => {
      const server = await serve((_request, response) => void response.writeHead(202).end("thanks"));
      const posted = await open().post(`${server.origin}/inbox`, { body, contentType, signer });
      assert.deepEqual([posted.status, posted.text], [202, "thanks"]);
      const request = server.requests[0] as RecordedRequest;
      assert.ok(request.body.equals(body));
      assert.equal(request.headers["content-type"], contentType);
      assert.equal(request.headers["content-length"], String(body.length));
      assert.equal(request.headers["user-agent"], userAgent);
      assert.equal(await verdict(request, server.origin), "ok");
    });

    it("takes a digest that was made before, a text, and more headers", async () => {
      const server = await serve((_request, response) => void response.writeHead(202).end());
      const digest = digestHeader(body);
      const headers = { "content-digest": contentDigestHeader(body) };
      await open().post(server.origin, { body: body.toString(), contentType, signer, digest, headers });
      const request = server.requests[0] as RecordedRequest;
      assert.equal(request.headers.digest, digest);
      assert.equal(request.headers["content-digest"], headers["content-digest"]);
      assert.equal(await verdict(request, server.origin), "ok");
    });

    it("without a signer sends neither signature nor digest", async () => {
      const server = await serve((_request, response) => void response.end());
      await open().post(server.origin, { body, contentType });
      assert.equal(server.requests[0]?.headers.signature, undefined);
      assert.equal(server.requests[0]?.headers.digest, undefined);
    });

    it("follows no redirect", async () => {
      const server = await serve(
        (_request, response) => void response.writeHead(307, { location: "/other" }).end(),
      );
      const posted = await open().post(server.origin, { body, contentType, signer });
      assert.deepEqual([posted.status, posted.headers.location], [307, "/other"]);
      assert.equal(server.requests.length, 1);
    });

    it("keeps the first KiB of the answer, and its connection", async () => {
      const server = await serve(
        (_request, response) => void response.writeHead(500).end("é".repeat(10_000)),
      );
      const network = open();
      for (let count = 0; count < 5; count += 1) {
        const posted = await network.post(server.origin, { body, contentType, signer });
        assert.equal(posted.text, "é".repeat(512));
      }
      assert.equal(server.connections, 1);
    });

    it("gives up the connection on an answer without end, and has the status all the same", async () => {
      let closed = false;
      const server = await serve((_request, response) => {
        response.on("close", () => (closed = true));
        const more = (): void => {
          if (!response.destroyed) response.write("x".repeat(10_000), () => setImmediate(more));
        };
        more();
      });
      const posted = await open().post(server.origin, { body, contentType, signer });
      assert.deepEqual([posted.status, posted.text.length], [200, 1024]);
      await until(() => closed, "the end of the answer");
    });

    it("counts as delivered once the status has come, though the rest hangs or breaks", async () => {
      const server = await serve((request, response) => {
        response.writeHead(202, { "content-length": 10 }).write("x");
        if (request.url === "/breaks") setTimeout(() => response.socket?.destroy(), 10);
      });
      const network = open();
      for (const path of ["/hangs", "/breaks"]) {
        const posted = await network.post(server.origin + path, { body, contentType, signer, timeout: 1000 });
        assert.deepEqual([posted.status, posted.text], [202, "x"]);
      }
    });

    it("is limited in time before that", async () => {
      const server = await serve(() => undefined);
      await failsWith(open().post(server.origin, { body, contentType, signer, timeout: 60 }), "timeout");
    });
  });

  describe("connections", () => {
    it("are used again", async () => {
      const server = await serve((_request, response) => void response.end("x".repeat(100_000)));
      const network = open();
      for (let count = 0; count < 10; count += 1) {
        await network.get(server.origin);
        await nextTurn();
      }
      assert.equal(server.connections, 1);
    });

    it("to an address that is slow to answer are waited for, though the name has another address", async () => {
      const server = await serve((_request, response) => void response.end());
      const addresses = Promise.resolve([
        { address: "127.0.0.1", family: 4 },
        { address: "::1", family: 6 },
      ]);
      // The connection stands at once; this process, busy from when it has begun to connect, sees that 300 ms later.
      const busy = (): void => {
        for (const end = performance.now() + 300; performance.now() < end;);
      };
      const lookup: Lookup = () => {
        void addresses.then(() => process.nextTick(busy));
        return addresses;
      };
      assert.equal((await open({ lookup }).get(`http://far.test:${server.port}/`)).status, 200);
    });

    it("to one server are no more than the option says", async () => {
      const server = await serve((_request, response) => void setTimeout(() => response.end(), 5));
      const network = open({ connections: 3 });
      await Promise.all(Array.from({ length: 20 }, () => network.get(server.origin)));
      assert.equal(server.requests.length, 20);
      assert.equal(server.connections, 3);
    });

    it("to many servers do not add up: past a cap the one idle for longest is closed", async () => {
      const server = await serve((_request, response) => {
        // Without the cap they would all stay for half a minute.
        response.setHeader("keep-alive", "timeout=30").end();
      });
      const network = open({ lookup: loopback });
      for (let batch = 0; batch < 10; batch += 1) {
        const urls = Array.from(
          { length: 30 },
          (_, index) => `http://h-${batch}-${index}.test:${server.port}/`,
        );
        await Promise.all(urls.map((url) => network.get(url)));
      }
      assert.equal(server.connections, 300);
      await until(() => server.open <= 256, "the cap");
      // A connection that has just answered is free again in the next turn of the event loop.
      await nextTurn();
      await network.get(`http://h-9-29.test:${server.port}/`);
      assert.equal(server.connections, 300, "the last one still stands");
      await network.get(`http://h-0-0.test:${server.port}/`);
      assert.equal(server.connections, 301);
    });

    it("closed let what is under way finish, and take nothing more", async () => {
      const server = await serve((_request, response) => void setTimeout(() => response.end("done"), 30));
      const network = createNetwork({ userAgent, allowPrivateNetwork: true });
      const underWay = network.get(server.origin);
      await until(() => server.requests.length === 1, "the request");
      const closing = network.close();
      await failsWith(network.get(server.origin), "closed");
      assert.equal((await underWay).body.toString(), "done");
      await closing;
      await until(() => server.open === 0, "the connection's end");
    });
  });
});
