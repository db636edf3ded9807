import type { Request, Response } from "express";

/** The visitor's own handle, kept by their browser and sent to our dialogs only; nothing of it is kept here. */
const NAME = "fediverse_handle";
const YEAR = 365 * 24 * 60 * 60;

/** The remembered handle; what else may stand in the cookie is only ever shown as text. */
export function rememberedHandle(request: Request): string | undefined {
  for (const pair of (request.headers.cookie ?? "").split(";")) {
    const [name, value = ""] = pair.trim().split("=", 2);
    if (name !== NAME || value === "" || value.length > 600) continue;
    try {
      return decodeURIComponent(value);
    } catch {
      // Not ours, then: ours decode.
      return undefined;
    }
  }
  return undefined;
}

/** Remembers a handle, or with `undefined` forgets it. @param secure the site is reached by https. */
export function rememberHandle(response: Response, handle: string | undefined, secure: boolean): void {
  const value = handle === undefined ? "" : encodeURIComponent(handle);
  const age = handle === undefined ? 0 : YEAR;
  response.append(
    "Set-Cookie",
    `${NAME}=${value}; Path=/fediverse; Max-Age=${age}; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`,
  );
}
