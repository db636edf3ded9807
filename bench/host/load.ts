import { connect, type Socket } from "node:net";
import { once } from "node:events";

/**
 * Asks for one page over kept connections, one request at a time on each. No more than sockets and a count of bytes: a
 * client that parses would need more of the machine than the server that is measured.
 */
export class Load {
  readonly #request: string;
  readonly #length: number;
  readonly #connections: { socket: Socket; received: number }[];
  #answered: (connection: { socket: Socket; received: number }) => void = () => undefined;

  private constructor(request: string, length: number, sockets: Socket[]) {
    this.#request = request;
    this.#length = length;
    this.#connections = sockets.map((socket) => ({ socket, received: 0 }));
    for (const connection of this.#connections)
      connection.socket.on("data", (chunk: Buffer) => {
        connection.received += chunk.length;
        if (connection.received < this.#length) return;
        connection.received -= this.#length;
        this.#answered(connection);
      });
  }

  /** @throws Error where the page does not answer 200 with a fixed length. */
  static async open(url: string, connections: number): Promise<Load> {
    const { hostname, port, host, pathname } = new URL(url);
    const request = `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/html,*/*;q=0.8\r\n\r\n`;
    const sockets = await Promise.all(
      Array.from({ length: connections }, async () => {
        const socket = connect(Number(port), hostname);
        await once(socket, "connect");
        return socket;
      }),
    );
    return new Load(request, await lengthOfAnswer(sockets[0], request), sockets);
  }

  /** Requests per second over so many requests. @throws Error where a connection is closed by the server. */
  async run(amount: number): Promise<number> {
    const started = performance.now();
    await new Promise<void>((resolve, reject) => {
      let [sent, done] = [0, 0];
      const ask = (socket: Socket): void => {
        sent += 1;
        socket.write(this.#request);
      };
      this.#answered = ({ socket }) => {
        done += 1;
        if (done === amount) resolve();
        else if (sent < amount) ask(socket);
      };
      for (const { socket } of this.#connections) {
        socket.removeAllListeners("close");
        socket.once("close", () => reject(new Error("the host has closed a connection")));
        ask(socket);
      }
    });
    return (amount / (performance.now() - started)) * 1000;
  }

  close(): void {
    for (const { socket } of this.#connections) socket.removeAllListeners("close").destroy();
  }
}

/** Every answer of a page that does not change is as long as the first. */
async function lengthOfAnswer(socket: Socket | undefined, request: string): Promise<number> {
  if (socket === undefined) throw new Error("no connection");
  socket.write(request);
  let answer = "";
  for (;;) {
    const [chunk] = (await once(socket, "data")) as [Buffer];
    answer += chunk.toString("latin1");
    const head = answer.indexOf("\r\n\r\n");
    if (head < 0) continue;
    const length = /^content-length: (\d+)/im.exec(answer.slice(0, head))?.[1];
    if (!answer.startsWith("HTTP/1.1 200 ") || length === undefined)
      throw new Error(`not an answer of a fixed length: ${answer.slice(0, head)}`);
    if (answer.length >= head + 4 + Number(length)) return head + 4 + Number(length);
  }
}
