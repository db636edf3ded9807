import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * The other servers: one process that is reached under every address 127.x.y.z. Answers 202 to all and notes the time of
 * the first and the last arrival. Run by `fork`; talks by messages.
 */
let count = 0;
let first = 0n;
let last = 0n;
let bytes = 0;

const server = createServer({ keepAliveTimeout: 30_000 }, (request, response) => {
  request.on("data", (chunk: Buffer) => (bytes += chunk.length));
  request.on("end", () => {
    last = process.hrtime.bigint();
    if (count === 0) first = last;
    count += 1;
    response.writeHead(202).end();
  });
});

export type SinkMessage = { port: number } | { count: number; first: string; last: string; bytes: number };

server.listen({ port: 0, host: "0.0.0.0", backlog: 4096 }, () => {
  process.send?.({ port: (server.address() as AddressInfo).port } satisfies SinkMessage);
});
process.on("message", (message) => {
  if (message === "read") {
    process.send?.({ count, first: String(first), last: String(last), bytes } satisfies SinkMessage);
  } else {
    count = bytes = 0;
    first = last = 0n;
    process.send?.({ count, first: "0", last: "0", bytes } satisfies SinkMessage);
  }
});
process.on("disconnect", () => process.exit());
