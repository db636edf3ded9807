import { promises as dns } from "node:dns";
import { setTimeout as pause } from "node:timers/promises";

export interface Address {
  address: string;
  family: number;
}

/** All addresses of a name, those to be tried first first. */
export type Lookup = (hostname: string) => Promise<Address[]>;

/** The operating system's way, hosts file and all. It occupies a thread, and libuv grants names only two of its four. */
export const systemLookup: Lookup = (hostname) => dns.lookup(hostname, { all: true });

/** What is used of `dns.promises.Resolver`. */
export interface NameServer {
  resolve4(hostname: string): Promise<string[]>;
  resolve6(hostname: string): Promise<string[]>;
}

/** How long IPv6 addresses are waited for once the IPv4 ones are there, in milliseconds. */
const GRACE = 50;

/**
 * Asks the name server directly, any number of names at once: a post to 2,000 servers, a third of them gone, would wait
 * minutes for the two threads of `systemLookup`. That one is asked where the name server knows nothing of the name
 * (hosts files, names of containers) or is none; not where it is the name's own server that does not answer.
 */
export function internetLookup(
  server: NameServer = new dns.Resolver({ timeout: 1500, tries: 2 }),
  fallback: Lookup = systemLookup,
): Lookup {
  let proven = false;
  return async (hostname) => {
    let error: unknown;
    const ask = (addresses: Promise<string[]>, family: number): Promise<Address[]> =>
      addresses.then(
        (list) => list.map((address) => ({ address, family })),
        (reason: unknown) => {
          error = reason;
          return [];
        },
      );
    const asked6 = ask(server.resolve6(hostname), 6);
    const found4 = await ask(server.resolve4(hostname), 4);
    const found6 = await (found4.length === 0 ? asked6 : Promise.race([asked6, pause(GRACE, [])]));
    if (found4.length + found6.length > 0) {
      proven = true;
      return [...found4, ...found6];
    }
    if (proven && isSilence(error)) throw error;
    return fallback(hostname);
  };
}

function isSilence(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === "ETIMEOUT" || code === "ESERVFAIL" || code === "EREFUSED";
}
