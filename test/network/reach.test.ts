import assert from "node:assert/strict";
import { isPublicAddress } from "../../src/network/addresses.ts";
import type { Lookup } from "../../src/network/resolver.ts";
import {
  createNetwork,
  NetworkError,
  type Network,
  type NetworkErrorCode,
} from "../../src/network/network.ts";
import type { Reach } from "../../src/network/reach.ts";
import { startServer, type TestServer } from "../support/server.ts";

const userAgent = "test/1 (+https://blog.example)";

async function failsWith(work: Promise<unknown>, code: NetworkErrorCode): Promise<NetworkError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof NetworkError, `${code} was expected, and there was no error of the network`);
  assert.equal(error.code, code);
  return error;
}

/** Nothing in these tests may ask a real resolver. */
const noLookup: Lookup = () => Promise.reject(new Error("no name was to be resolved"));

describe("a site in use reaches", () => {
  const asked: string[] = [];
  const names: Record<string, string[]> = {
    "inside.test": ["10.1.2.3"],
    "localhost.": ["127.0.0.1"],
    localhost: ["127.0.0.1", "::1"],
    "six.test": ["fd00::1", "::ffff:127.0.0.1", "64:ff9b::a00:1"],
    "metadata.test": ["169.254.169.254"],
    "empty.test": [],
  };
  const lookup: Lookup = (hostname) => {
    asked.push(hostname);
    const addresses = names[hostname];
    if (addresses === undefined) return Promise.reject(Object.assign(new Error("no"), { code: "ENOTFOUND" }));
    return Promise.resolve(addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })));
  };
  const network = createNetwork({ userAgent, lookup });
  after(() => network.close());

  const rows: [string, NetworkErrorCode, string[]][] = [
    [
      "no address that is not public",
      "forbidden-address",
      [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://0.0.0.0/",
        "https://10.0.0.1/",
        "https://100.64.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://198.18.0.1/",
        "https://203.0.113.9/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://[::]/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2001:0:7f00:1::]/",
        "https://[2002:7f00:1::]/",
        "https://[fd00::1]/",
        "https://[fe80::1]/",
        "https://[ff02::1]/",
      ],
    ],
    [
      "no address in another spelling",
      "forbidden-address",
      [
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://017700000001/",
        "https://127.0.0.1./",
        "https://①②⑦.0.0.1/",
        "https://127.0.0.1:443/",
      ],
    ],
    [
      "no name that resolves to one",
      "forbidden-address",
      [
        "https://inside.test/",
        "https://localhost/",
        "https://localhost./",
        "https://six.test/",
        "https://metadata.test/",
        "https://empty.test/",
      ],
    ],
    ["no name that does not resolve", "dns", ["https://nowhere.test/"]],
    [
      "nothing but https",
      "forbidden-scheme",
      [
        "http://there.example/",
        "file:///etc/passwd",
        "ftp://there.example/",
        "gopher://there.example/",
        "javascript:alert(1)",
        "data:,x",
        "blob:https://there.example/1",
      ],
    ],
    [
      "no other port",
      "forbidden-port",
      ["https://there.example:8443/", "https://there.example:22/", "https://10.0.0.1:6379/"],
    ],
    [
      "no URL with a name and password, or none at all",
      "bad-url",
      [
        "https://name:password@there.example/",
        "https://name@there.example/",
        "there.example",
        "",
        "https://",
        "https://[::1",
        `https://there.example/${"a".repeat(3000)}`,
      ],
    ],
  ];
  for (const [what, code, urls] of rows) {
    for (const url of urls) {
      it(`${what}: ${url.slice(0, 60)}`, async () => {
        await failsWith(network.get(url), code);
        const error = await failsWith(network.post(url, { body: "", contentType: "text/plain" }), code);
        assert.equal(error.retryable, code === "dns");
      });
    }
  }

  it("and says nothing of what a name resolved to, nor of the system's words", async () => {
    const error = await failsWith(network.get("https://inside.test/secret?token=1"), "forbidden-address");
    assert.equal(error.message, "inside.test is not on the public internet.");
    const unknown = await failsWith(network.get("https://nowhere.test/"), "dns");
    assert.equal(unknown.message, "The name nowhere.test cannot be resolved.");
  });

  it("and resolves no name for a literal address", async () => {
    asked.length = 0;
    await failsWith(network.get("https://2130706433/"), "forbidden-address");
    assert.deepEqual(asked, []);
  });
});

describe("an address is checked", () => {
  /** 127.0.0.1 plays the public internet, so that there is something to be led astray from. */
  const reach: Reach = {
    anyScheme: true,
    allows: (address) => address === "127.0.0.1" || isPublicAddress(address),
  };
  let outside: TestServer;
  let inside: TestServer;
  const networks: Network[] = [];

  function networkWith(lookup: Lookup, given: Reach = reach): Network {
    const network = createNetwork({ userAgent, lookup, reach: given });
    networks.push(network);
    return network;
  }

  before(async () => {
    outside = await startServer((request, response) => {
      const to = new URL(request.url ?? "/", "http://x").searchParams.get("to");
      if (to === null) response.writeHead(200, { connection: "close" }).end("outside");
      else response.writeHead(302, { location: to }).end();
    });
    inside = await startServer((_request, response) => void response.end("inside"), {
      host: "127.0.0.2",
      port: outside.port,
    });
  });
  after(async () => {
    await Promise.all(networks.map((network) => network.close()));
    await outside.close();
    await inside.close();
  });

  it("at each connection: a name that resolves to another address the next time leads nowhere", async () => {
    const answers = ["127.0.0.1", "127.0.0.2"];
    const network = networkWith(() =>
      Promise.resolve([{ address: answers.shift() ?? "127.0.0.2", family: 4 }]),
    );
    const url = `http://rebinding.test:${outside.port}/`;
    assert.equal((await network.get(url)).body.toString(), "outside");
    await failsWith(network.get(url), "forbidden-address");
    assert.equal(inside.connections, 0);
  });

  it("of each in a list: only those allowed are tried", async () => {
    const network = networkWith(() =>
      Promise.resolve([
        { address: "127.0.0.2", family: 4 },
        { address: "::1", family: 6 },
        { address: "127.0.0.1", family: 4 },
      ]),
    );
    assert.equal((await network.get(`http://mixed.test:${outside.port}/`)).body.toString(), "outside");
    assert.equal(inside.connections, 0);
  });

  it("once more at the socket, before a byte is sent", async () => {
    let checks = 0;
    const network = networkWith(noLookup, { anyScheme: true, allows: () => (checks += 1) === 1 });
    await failsWith(network.get(`${inside.origin}/`), "forbidden-address");
    assert.equal(checks, 2);
    assert.equal(inside.requests.length, 0);
  });

  const astray: [string, NetworkErrorCode][] = [
    ["http://127.0.0.2:{port}/", "forbidden-address"],
    ["//127.0.0.2:{port}/", "forbidden-address"],
    ["http://2130706434:{port}/", "forbidden-address"],
    ["http://0x7f000002:{port}/", "forbidden-address"],
    ["http://0177.0.0.2:{port}/", "forbidden-address"],
    ["http://10.0.0.1/", "forbidden-address"],
    ["http://169.254.169.254/latest/meta-data/", "forbidden-address"],
    ["http://192.168.0.1/", "forbidden-address"],
    ["http://[::1]:{port}/", "forbidden-address"],
    ["http://[::ffff:127.0.0.2]:{port}/", "forbidden-address"],
    ["http://[64:ff9b::7f00:2]:{port}/", "forbidden-address"],
    ["http://[2002:7f00:2::]:{port}/", "forbidden-address"],
    ["http://[fe80::1]/", "forbidden-address"],
    ["http://inside.test:{port}/", "forbidden-address"],
    ["http://name:password@127.0.0.1:{port}/", "bad-url"],
    ["file:///etc/passwd", "forbidden-scheme"],
    ["ftp://127.0.0.1/", "forbidden-scheme"],
    ["javascript:alert(1)", "forbidden-scheme"],
    ["http://[broken", "bad-redirect"],
  ];
  for (const [to, code] of astray) {
    it(`of each redirect: ${to}`, async () => {
      const network = networkWith(() => Promise.resolve([{ address: "127.0.0.2", family: 4 }]));
      const location = encodeURIComponent(to.replace("{port}", String(outside.port)));
      await failsWith(network.get(`${outside.origin}/?to=${location}`), code);
      assert.equal(inside.requests.length, 0);
    });
  }
});
