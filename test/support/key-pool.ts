import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { promisify } from "node:util";

/** More than any test has accounts of its own. */
const POOL = 16;

interface Pair {
  publicKey: string;
  privateKey: string;
}

/**
 * An RSA key pair takes a quarter of a second, and every site that a test starts makes two. The sites of one process share
 * the first sixteen, in turns.
 */
export function poolKeyPairs(): void {
  const original = crypto.generateKeyPair.bind(crypto) as (...given: unknown[]) => void;
  const make = promisify(crypto.generateKeyPair) as (type: string, options: object) => Promise<Pair>;
  const pairs: Pair[] = [];
  let given = 0;
  const pooled = async (type: string, options: { modulusLength?: number }): Promise<Pair> => {
    if (type !== "rsa" || options.modulusLength !== 2048) return make(type, options);
    const pair = pairs.length < POOL ? undefined : pairs[(given += 1) % POOL];
    if (pair) return pair;
    const fresh = await make(type, options);
    pairs.push(fresh);
    return fresh;
  };
  const replacement = (...args: unknown[]): void => original(...args);
  crypto.generateKeyPair = Object.assign(replacement, {
    [promisify.custom]: pooled,
  }) as unknown as typeof crypto.generateKeyPair;
  syncBuiltinESMExports();
}
