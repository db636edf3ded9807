import { asArray, idOf, isObject, type JsonObject } from "./read.ts";

/** A public key as a document names it. `pem` is absent where the document only points to it. */
export interface ReadKey {
  id: string;
  owner: string;
  pem?: string;
}

const PEM = /^\s*-----BEGIN (RSA )?PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END (RSA )?PUBLIC KEY-----\s*$/;

/**
 * The keys in an actor document, in the stub that GoToSocial answers at a key's own address, or in a bare key document.
 * Nothing is proven by it: the caller fetches the owner and asks whether it lists the key.
 */
export function readKeys(doc: unknown): ReadKey[] {
  if (!isObject(doc)) return [];
  if (typeof doc.publicKeyPem === "string") return keysIn([doc], undefined);
  return keysIn(asArray(doc.publicKey), idOf(doc.id));
}

function keysIn(values: unknown[], actor: string | undefined): ReadKey[] {
  const keys: ReadKey[] = [];
  for (const value of values.slice(0, 10)) {
    const id = idOf(value);
    if (id === undefined) continue;
    const owner = (isObject(value) ? (idOf(value.owner) ?? idOf(value.controller)) : undefined) ?? actor;
    if (owner === undefined) continue;
    const pem = isObject(value) ? pemOf(value) : undefined;
    keys.push({ id, owner, ...(pem === undefined ? {} : { pem }) });
  }
  return keys;
}

/** SPKI as all but Emissary send it, which sends PKCS#1; PeerTube's limit on the length is everybody's here. */
function pemOf(key: JsonObject): string | undefined {
  const pem = key.publicKeyPem;
  return typeof pem === "string" && pem.length <= 5000 && PEM.test(pem) ? pem : undefined;
}
