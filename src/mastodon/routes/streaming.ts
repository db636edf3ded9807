import type { Response } from "express";
import type { Api, Context } from "../api.ts";
import { ApiError, unauthorised } from "../errors.ts";
import { connectionsOf } from "../streaming/connections.ts";
import { StreamSession, type Frame } from "../streaming/session.ts";
import type { StreamWish } from "../streaming/streams.ts";

/** Bytes that may wait for a client to read them; one that does not is cut. */
const MOST_BUFFERED = 1024 * 1024;

/** Each path with the stream behind it; `only_media` chooses its `:media` variant. */
const STREAMS: readonly [path: string, name: string, hasMedia?: "media"][] = [
  ["user", "user"],
  ["user/notification", "user:notification"],
  ["public", "public", "media"],
  ["public/local", "public:local", "media"],
  ["public/remote", "public:remote", "media"],
  ["hashtag", "hashtag"],
  ["hashtag/local", "hashtag:local"],
  ["list", "list"],
  ["direct", "direct"],
];

/** Streams as server-sent events. They need no `attach`: to Express they are answers that do not end. */
export function streamingRoutes(api: Api): void {
  api.get("/api/v1/streaming/health", { auth: "none" }, ({ response }) => {
    response.type("text/plain").set("Cache-Control", "no-store").send("OK");
  });
  for (const [path, name, hasMedia] of STREAMS) {
    api.get(
      `/api/v1/streaming/${path}`,
      { scope: ["read:statuses", "read:notifications"] },
      async (context) => {
        const { params } = context;
        const isMedia = hasMedia === "media" && params.boolean("only_media", false);
        await serve(context, {
          name: isMedia ? `${name}:media` : name,
          tag: params.string("tag"),
          list: params.string("list"),
        });
      },
    );
  }
}

async function serve(context: Context, wish: StreamWish): Promise<void> {
  const { site, account, viewer, request, response } = context;
  const { token } = viewer;
  if (token === undefined) throw unauthorised();
  const connections = connectionsOf(site);
  if (!connections.hasRoomFor(token._id)) throw new ApiError(429, "Too many streams are open");
  const cut = (): void => void response.destroy();
  const write = (text: string): void => {
    if (response.writableLength > MOST_BUFFERED) cut();
    else response.write(text);
  };
  const session = new StreamSession(site, { account, token }, (frame) => write(eventText(frame)), cut);
  try {
    await session.add(wish);
  } catch (error) {
    session.close();
    throw error;
  }
  // Given up while the store was asked: nobody would ever close it.
  if (response.destroyed) {
    session.close();
    return;
  }
  const leave = connections.add({
    token: token._id,
    beat: () => write(":thump\n"),
    end: () => void response.end(),
  });
  response.once("close", () => {
    leave();
    session.close();
  });
  openEvents(response);
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  write(":)\n");
}

function openEvents(response: Response): void {
  response.writeHead(200, {
    "Content-Type": "text/event-stream",
    // Neither kept nor compressed on the way: a compressor would hold events back.
    "Cache-Control": "private, no-store, no-transform",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
    Vary: "Authorization, Origin",
  });
}

/** A payload is JSON or a number and so has no line break in it. An event without data would not be told. */
function eventText({ event, payload }: Frame): string {
  return `event: ${event}\ndata: ${payload ?? "{}"}\n\n`;
}
