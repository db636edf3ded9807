import { connect, createServer, type Server, type Socket } from "node:net";
import { freePort } from "./free-port.ts";

/** A database that can go away and come back: a TCP port in front of a real one. */
export interface StoreProxy {
  /** The database's URI, by way of the port. */
  readonly uri: string;
  /** Ends every connection and takes no new one. */
  cut(): Promise<void>;
  restore(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param uri of one server: on a unix socket, as the embedded store's, or on a host.
 * @param options.away begins cut off.
 */
export async function startStoreProxy(uri: string, options: { away?: boolean } = {}): Promise<StoreProxy> {
  const [, host = ""] = /^mongodb:\/\/([^/?]+)/.exec(uri) ?? [];
  const name = decodeURIComponent(host.split("@").at(-1) ?? "");
  const [hostname, port] = name.split(":");
  const target = name.startsWith("/")
    ? { path: name }
    : { host: hostname ?? "localhost", port: Number(port ?? 27_017) };
  const sockets = new Set<Socket>();
  const pipe = (incoming: Socket): void => {
    const outgoing = connect(target as { path: string });
    for (const socket of [incoming, outgoing]) {
      sockets.add(socket);
      socket
        .on("error", () => undefined)
        .on("close", () => {
          sockets.delete(socket);
          incoming.destroy();
          outgoing.destroy();
        });
    }
    incoming.pipe(outgoing).pipe(incoming);
  };
  let server: Server | undefined;
  // Its own while it is away, too: the clients go on asking there.
  const own = await freePort();
  const restore = async (): Promise<void> => {
    if (server) return;
    const next = createServer(pipe);
    await new Promise<void>((resolve, reject) => {
      next.once("error", reject);
      next.listen(own, "127.0.0.1", resolve);
    });
    server = next;
  };
  const cut = async (): Promise<void> => {
    const open = server;
    server = undefined;
    const closed = new Promise<void>((resolve) => (open ? open.close(() => resolve()) : resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await restore();
  if (options.away === true) await cut();
  return {
    uri: uri.replace(host, `${host.includes("@") ? `${host.split("@")[0]}@` : ""}127.0.0.1:${own}`),
    cut,
    restore,
    close: cut,
  };
}
