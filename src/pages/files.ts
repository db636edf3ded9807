import { pipeline } from "node:stream/promises";
import { Router, type Response } from "express";
import { mediaStore } from "../domain/media-store.ts";
import type { Site } from "../site.ts";
import { NotFound, reasonOf } from "../support/errors.ts";

/**
 * `/fediverse/media/files/<name>`: what apps have uploaded. Whoever has the name may read it, as everywhere in the
 * fediverse; it never changes, is only ever of a type that cannot run, and is answered in parts to players of video.
 */
export function fileRoutes(site: Site): Router {
  const router = Router();
  router.get("/fediverse/media/files/:name", async (request, response) => {
    const file = await mediaStore(site).open(request.params.name);
    if (!file) throw new NotFound();
    response.set({
      "Content-Type": file.mediaType,
      "Cache-Control": "public, max-age=31536000, immutable",
      "X-Content-Type-Options": "nosniff",
      "Content-Security-Policy": "default-src 'none'; sandbox",
      // Other servers and apps show it in their pages.
      "Cross-Origin-Resource-Policy": "cross-origin",
      "Access-Control-Allow-Origin": "*",
      "Accept-Ranges": "bytes",
      ETag: `"${request.params.name}"`,
    });
    if (request.fresh) {
      response.status(304).end();
      return;
    }
    // A part of something else than what the asker has is of no use to it.
    const condition = request.get("if-range");
    const isSame = condition === undefined || condition === `"${request.params.name}"`;
    const asked = isSame ? rangeOf(request.get("range"), file.size) : undefined;
    if (asked === "unsatisfiable") {
      response.status(416).set("Content-Range", `bytes */${file.size}`).end();
      return;
    }
    const range = asked ?? { start: 0, end: file.size - 1 };
    if (asked) response.status(206).set("Content-Range", `bytes ${range.start}-${range.end}/${file.size}`);
    response.set("Content-Length", String(range.end - range.start + 1));
    if (request.method === "HEAD" || file.size === 0) response.end();
    else await stream(site, response, file.read(range));
  });
  return router;
}

async function stream(site: Site, response: Response, source: NodeJS.ReadableStream): Promise<void> {
  try {
    await pipeline(source, response);
  } catch (error) {
    // Players stop reading when they have enough, and the head is out: there is nobody left to tell.
    site.logger.debug({ reason: reasonOf(error) }, "a file was not read to its end");
  }
}

/** One range of bytes (RFC 9110, 14.1.2). Several at once, and what is no range, are as good as none. */
function rangeOf(
  header: string | undefined,
  size: number,
): { start: number; end: number } | "unsatisfiable" | undefined {
  const [whole, from = "", to = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "") ?? [];
  if (whole === undefined || (from === "" && to === "")) return undefined;
  if (from === "") {
    const last = Number(to);
    return last === 0 || size === 0 ? "unsatisfiable" : { start: Math.max(0, size - last), end: size - 1 };
  }
  const start = Number(from);
  if (start >= size) return "unsatisfiable";
  if (to !== "" && Number(to) < start) return undefined;
  return { start, end: to === "" ? size - 1 : Math.min(Number(to), size - 1) };
}
