import assert from "node:assert/strict";
import fc from "fast-check";
import { isPublicAddress } from "../../src/network/addresses.ts";

describe("addresses", () => {
  /** First and last address of each special range. */
  const special: [string, string, string][] = [
    ["this network", "0.0.0.0", "0.255.255.255"],
    ["private 10/8", "10.0.0.0", "10.255.255.255"],
    ["carrier-grade NAT", "100.64.0.0", "100.127.255.255"],
    ["loopback", "127.0.0.1", "127.255.255.255"],
    ["link-local with the clouds' metadata", "169.254.0.0", "169.254.169.254"],
    ["private 172.16/12", "172.16.0.0", "172.31.255.255"],
    ["protocol assignments", "192.0.0.0", "192.0.0.255"],
    ["documentation 1", "192.0.2.0", "192.0.2.255"],
    ["6to4 relays", "192.88.99.0", "192.88.99.255"],
    ["private 192.168/16", "192.168.0.0", "192.168.255.255"],
    ["benchmarks", "198.18.0.0", "198.19.255.255"],
    ["documentation 2", "198.51.100.0", "198.51.100.255"],
    ["documentation 3", "203.0.113.0", "203.0.113.255"],
    ["multicast", "224.0.0.0", "239.255.255.255"],
    ["reserved", "240.0.0.0", "255.255.255.254"],
    ["broadcast", "255.255.255.255", "255.255.255.255"],
    ["v6 unspecified and loopback", "::", "::1"],
    ["v4-compatible", "::7f00:1", "::8.8.8.8"],
    ["v4-mapped", "::ffff:127.0.0.1", "::ffff:8.8.8.8"],
    ["v4-mapped in hexadecimal", "::ffff:7f00:1", "0:0:0:0:0:ffff:a00:1"],
    ["v4-translated", "::ffff:0:7f00:1", "::ffff:0:a00:1"],
    ["NAT64", "64:ff9b::7f00:1", "64:ff9b::8.8.8.8"],
    ["local NAT64", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"],
    ["discard only", "100::", "100::ffff:ffff:ffff:ffff"],
    ["Teredo", "2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["benchmarks and ORCHID", "2001:2::", "2001:2f:ffff::"],
    ["v6 documentation", "2001:db8::", "2001:db8:ffff::1"],
    ["6to4", "2002:7f00:1::", "2002:ffff::"],
    ["6bone", "3ffe::", "3ffe:ffff::"],
    ["new v6 documentation", "3fff::", "3fff:fff:ffff::"],
    ["segment routing", "5f00::", "5f00:ffff::"],
    ["unique local", "fc00::", "fdff:ffff::"],
    ["v6 link-local", "fe80::1", "febf::1"],
    ["v6 site-local", "fec0::1", "feff::1"],
    ["v6 multicast", "ff00::", "ff02::1"],
  ];
  for (const [what, first, last] of special) {
    it(`of ${what} are not public`, () => {
      assert.equal(isPublicAddress(first), false, first);
      assert.equal(isPublicAddress(last), false, last);
    });
  }

  it("just outside of the special ranges are public", () => {
    const neighbours = [
      "1.0.0.0",
      "9.255.255.255",
      "11.0.0.0",
      "100.63.255.255",
      "100.128.0.0",
      "126.255.255.255",
    ];
    neighbours.push(
      "128.0.0.1",
      "169.253.255.255",
      "169.255.0.0",
      "172.15.255.255",
      "172.32.0.0",
      "191.255.255.255",
    );
    neighbours.push(
      "192.0.1.0",
      "192.0.3.0",
      "192.167.255.255",
      "192.169.0.0",
      "198.17.255.255",
      "198.20.0.0",
    );
    neighbours.push(
      "223.255.255.255",
      "8.8.8.8",
      "2001:200::1",
      "2001:4860::1",
      "2003::1",
      "2606:4700::1111",
      "2a00::1",
    );
    for (const address of neighbours) assert.equal(isPublicAddress(address), true, address);
  });

  it("that are none are not public", () => {
    for (const text of [
      "",
      "localhost",
      "1.2.3",
      "127.1",
      "2130706433",
      "0x7f.1",
      "::g",
      "fe80::1%eth0",
      "2a00::1%1",
      "[::1]",
    ]) {
      assert.equal(isPublicAddress(text), false, text);
    }
  });

  it("of IPv4 wrapped in IPv6 are never public", () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
        const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
        for (const wrapped of [
          `::${address}`,
          `::ffff:${address}`,
          `64:ff9b::${hex}`,
          `2002:${hex}::1`,
          `2001::${hex}`,
        ]) {
          assert.equal(isPublicAddress(wrapped), false, wrapped);
        }
      }),
    );
  });
});
