import assert from "node:assert/strict";
import { internetLookup, type Address, type NameServer } from "../../src/network/resolver.ts";

type Zone = Record<string, { four?: string[] | string; six?: string[] | string }>;

/** A list is an answer, a word is the code of an error. */
function nameServer(zone: Zone): NameServer {
  const answer = (given: string[] | string | undefined): Promise<string[]> =>
    Array.isArray(given)
      ? Promise.resolve(given)
      : Promise.reject(Object.assign(new Error("query"), { code: given ?? "ENOTFOUND" }));
  return {
    resolve4: (name) => answer(zone[name]?.four),
    resolve6: (name) => answer(zone[name]?.six),
  };
}

describe("resolving names", () => {
  const zone: Zone = {
    "both.test": { four: ["192.0.2.1", "192.0.2.2"], six: ["2001:db8::1"] },
    "four.test": { four: ["192.0.2.1"], six: "ENODATA" },
    "six.test": { four: "ENODATA", six: ["2001:db8::1"] },
    "silent.test": { four: "ETIMEOUT", six: "ETIMEOUT" },
    "broken.test": { four: "ESERVFAIL", six: "ESERVFAIL" },
    "refusing.test": { four: "EREFUSED", six: "EREFUSED" },
  };
  const local: Address[] = [{ address: "10.0.0.7", family: 4 }];

  function lookups(server: NameServer): { lookup: ReturnType<typeof internetLookup>; asked: string[] } {
    const asked: string[] = [];
    const lookup = internetLookup(server, (name) => {
      asked.push(name);
      return Promise.resolve(local);
    });
    return { lookup, asked };
  }

  it("gives the addresses of both families, the old one first", async () => {
    const { lookup, asked } = lookups(nameServer(zone));
    assert.deepEqual(await lookup("both.test"), [
      { address: "192.0.2.1", family: 4 },
      { address: "192.0.2.2", family: 4 },
      { address: "2001:db8::1", family: 6 },
    ]);
    assert.deepEqual(await lookup("four.test"), [{ address: "192.0.2.1", family: 4 }]);
    assert.deepEqual(await lookup("six.test"), [{ address: "2001:db8::1", family: 6 }]);
    assert.deepEqual(asked, []);
  });

  it("asks the system for what the name server does not know", async () => {
    const { lookup, asked } = lookups(nameServer(zone));
    assert.deepEqual(await lookup("container"), local);
    assert.deepEqual(asked, ["container"]);
  });

  it("asks the system for everything until a name server has answered once", async () => {
    const { lookup, asked } = lookups(nameServer(zone));
    assert.deepEqual(await lookup("silent.test"), local);
    await lookup("four.test");
    await assert.rejects(lookup("silent.test"), { code: "ETIMEOUT" });
    assert.deepEqual(asked, ["silent.test"]);
  });

  for (const name of ["silent.test", "broken.test", "refusing.test"]) {
    it(`takes no thread for a name whose own server does not answer: ${name}`, async () => {
      const { lookup, asked } = lookups(nameServer(zone));
      await lookup("four.test");
      await assert.rejects(lookup(name));
      assert.deepEqual(asked, []);
    });
  }

  it("does not wait for IPv6 addresses that never come", async () => {
    const server = nameServer(zone);
    const { lookup } = lookups({ ...server, resolve6: () => new Promise(() => undefined) });
    assert.deepEqual(await lookup("four.test"), [{ address: "192.0.2.1", family: 4 }]);
  });

  it("asks for many names at the same time", async () => {
    let waiting = 0;
    let most = 0;
    const { lookup } = lookups({
      resolve4: async () => {
        waiting += 1;
        most = Math.max(most, waiting);
        await new Promise((resolve) => setImmediate(resolve));
        waiting -= 1;
        return ["192.0.2.1"];
      },
      resolve6: () => Promise.resolve([]),
    });
    await Promise.all(Array.from({ length: 100 }, (_, index) => lookup(`host-${index}.test`)));
    assert.equal(most, 100);
  });
});
