import { isIP, type LookupFunction } from "node:net";
import type { buildConnector } from "undici";
import { LIMITS } from "../support/limits.ts";
import { NetworkError } from "./errors.ts";
import type { Reach } from "./reach.ts";
import type { Lookup } from "./resolver.ts";
import { undici } from "./undici.ts";

/**
 * Opens connections to addresses that `reach` allows and to no others. The check sits between name resolution and
 * connecting, so a name that resolves to something else the next time (DNS rebinding) changes nothing; a literal address
 * needs no resolution and is checked apart; the socket's own idea of its peer is the last word, before a byte is sent.
 */
export function guardedConnector(reach: Reach, lookup: Lookup, ca?: string): buildConnector.connector {
  const guardedLookup: LookupFunction = (hostname, options, callback) => {
    lookup(hostname).then(
      (addresses) => {
        const allowed = addresses.filter(({ address }) => reach.allows(address));
        const [first] = allowed;
        if (first === undefined) callback(new NetworkError("forbidden-address", hostname), "");
        else if (options.all === true) callback(null, allowed);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => callback(error as NodeJS.ErrnoException, ""),
    );
  };
  let connect: buildConnector.connector | undefined;
  return (options, callback) => {
    if (isIP(options.hostname) !== 0 && !reach.allows(options.hostname)) {
      callback(new NetworkError("forbidden-address", options.hostname), null);
      return;
    }
    connect ??= undici().buildConnector({
      timeout: LIMITS.connectTimeout,
      lookup: guardedLookup,
      // Node gives up an address after 250 ms, and here the next one is often IPv6 on a machine that has none.
      autoSelectFamilyAttemptTimeout: LIMITS.addressTimeout,
      ...(ca === undefined ? {} : { ca }),
    });
    connect(options, (...result) => {
      const [error, socket] = result;
      if (error !== null) callback(error, null);
      else if (reach.allows(socket.remoteAddress ?? "")) callback(null, socket);
      else {
        socket.destroy();
        callback(new NetworkError("forbidden-address", options.hostname), null);
      }
    });
  };
}
