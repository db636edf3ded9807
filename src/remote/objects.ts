import { idOf, sameHost, type JsonObject } from "../documents/read.ts";
import type { Site } from "../site.ts";
import { Permanent } from "../support/errors.ts";
import { fetchDocument, missError } from "./fetch-document.ts";

/**
 * Fetches an object or activity from its origin, signed by the site's own actor. Its id must be the address asked for;
 * where the address is a page that answers with an object of the same host (Pixelfed's `url`), that object is fetched
 * by its own id, once. What is said to be somebody's must come from their host (FEP-fe34).
 * @throws RetryLater or Permanent, codes `object-…`; `object-gone` for 410 and for a Tombstone's 404 or 410.
 */
export async function fetchObject(
  site: Site,
  uri: string,
  options: { signal?: AbortSignal } = {},
): Promise<JsonObject> {
  const document = await get(site, uri, options.signal);
  const id = idOf(document);
  if (id === uri) return ownWord(document, uri);
  if (id === undefined || !sameHost(id, uri)) {
    throw new Permanent(`${uri} answers with an object of another id.`, { code: "object-foreign-id" });
  }
  const own = await get(site, id, options.signal);
  if (idOf(own) === id) return ownWord(own, id);
  throw new Permanent(`${uri} leads to an object whose id is not its address.`, {
    code: "object-foreign-id",
  });
}

async function get(site: Site, uri: string, signal: AbortSignal | undefined): Promise<JsonObject> {
  const result = await fetchDocument(site, uri, { kind: "activity", signal });
  if (!result.ok) throw missError("object", uri, result);
  return result.document;
}

/** An object that names an author or actor of another host is that host's to tell, not this one's. */
function ownWord(document: JsonObject, id: string): JsonObject {
  for (const name of ["attributedTo", "actor"]) {
    const who = idOf(document[name]);
    if (who !== undefined && !sameHost(who, id)) {
      throw new Permanent(`${id} claims to be the word of ${who}.`, { code: "object-spoofed" });
    }
  }
  return document;
}
