import type { Request } from "express";
import type { AppRow } from "../database/rows.ts";
import { provenApp } from "../domain/apps.ts";
import type { Site } from "../site.ts";
import type { Params } from "./params.ts";

/**
 * The app that proves itself by its secret: in the body, by HTTP Basic, or both at once where they agree (some OAuth
 * libraries do that). `null` where it does not.
 */
export async function appOf(site: Site, request: Request, params: Params): Promise<AppRow | null> {
  const basic = basicOf(request.get("authorization"));
  const id = params.string("client_id") ?? basic?.id;
  const secret = params.string("client_secret") ?? basic?.secret;
  if (id === undefined || secret === undefined) return null;
  if (basic !== undefined && (basic.id !== id || basic.secret !== secret)) return null;
  return provenApp(site, id, secret);
}

/** RFC 6749, 2.3.1: both halves are form-encoded before they are joined; not every client does it. */
function basicOf(header: string | undefined): { id: string; secret: string } | undefined {
  const encoded = header === undefined ? undefined : /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon === -1
    ? undefined
    : { id: decode(text.slice(0, colon)), secret: decode(text.slice(colon + 1)) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not encoded, then.
    return text;
  }
}
