import { BlockList, isIP } from "node:net";

/** Special ranges of the IANA registry for IPv4; nobody's server stands there. */
const IPV4: [string, number][] = [
  ["0.0.0.0", 8], // this network
  ["10.0.0.0", 8], // private
  ["100.64.0.0", 10], // carrier-grade NAT
  ["127.0.0.0", 8], // loopback
  ["169.254.0.0", 16], // link-local, and the metadata service of every cloud
  ["172.16.0.0", 12], // private
  ["192.0.0.0", 24], // protocol assignments
  ["192.0.2.0", 24], // documentation
  ["192.31.196.0", 24], // AS112
  ["192.52.193.0", 24], // AMT
  ["192.88.99.0", 24], // 6to4 relays
  ["192.168.0.0", 16], // private
  ["192.175.48.0", 24], // AS112
  ["198.18.0.0", 15], // benchmarks
  ["198.51.100.0", 24], // documentation
  ["203.0.113.0", 24], // documentation
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, and the broadcast address
];

/** Only 2000::/3 is handed out to hosts; the rest holds loopback, mapped, NAT64, unique local, link-local, multicast. */
const IPV6: [string, number][] = [
  ["::", 3], // ::1, ::ffff:0:0/96 (mapped), 64:ff9b::/96 and 64:ff9b:1::/48 (NAT64), 100::/64 (discard)
  ["4000::", 2], // unassigned, 5f00::/16 (segment routing)
  ["8000::", 1], // unassigned, fc00::/7 (unique local), fe80::/10 (link-local), fec0::/10, ff00::/8 (multicast)
  ["2001::", 23], // protocol assignments: 2001::/32 (Teredo), benchmarks, ORCHID, DRIP
  ["2001:db8::", 32], // documentation
  ["2002::", 16], // 6to4, which reaches any IPv4 address
  ["2620:4f:8000::", 48], // AS112
  ["3ffe::", 16], // the old 6bone
  ["3fff::", 20], // documentation
];

// Two lists, since an IPv4 address also matches rules for the mapped range of IPv6.
const special4 = new BlockList();
for (const [network, prefix] of IPV4) special4.addSubnet(network, prefix, "ipv4");
const special6 = new BlockList();
for (const [network, prefix] of IPV6) special6.addSubnet(network, prefix, "ipv6");

/** Is this an address that a server on the open internet can have? What is no address is not. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !special4.check(address, "ipv4");
    case 6:
      return !address.includes("%") && !special6.check(address, "ipv6");
    default:
      return false;
  }
}
