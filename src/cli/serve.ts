import type { Server } from "node:http";
import express from "express";
import { localAccounts } from "../domain/accounts.ts";
import { fediverse, type Fediverse } from "../fediverse.ts";
import type { FediverseOptions } from "../options.ts";
import { directory } from "../sources/directory.ts";
import { feed } from "../sources/feed.ts";
import { FediverseError, OptionsError } from "../support/errors.ts";
import { readCommandLine, type CommandFlag } from "./flags.ts";

const FLAGS: readonly CommandFlag[] = [
  { flag: "port", type: "string" },
  { flag: "host", type: "string" },
  { flag: "trust-proxy", type: "string" },
  { flag: "feed", type: "string", multiple: true },
  { flag: "directory", type: "string", multiple: true },
];

/** `serve`: the package with an empty host, until it is told to end. */
export async function serveCommand(argv: string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const { options, own, positionals } = readCommandLine(argv, environment, FLAGS);
  if (positionals.length > 0)
    throw new OptionsError(
      `serve takes no "${positionals.join(" ")}". \`express-fediverse help\` lists the flags.`,
    );
  const port = portOf(own["port"] ?? one(environment["FEDIVERSE_PORT"]) ?? "3000");
  const host = one(own["host"]) ?? one(environment["FEDIVERSE_HOST"]);
  const posts = [
    ...list(own["feed"] ?? environment["FEDIVERSE_FEED"]).map((address) => feed(address)),
    ...list(own["directory"] ?? environment["FEDIVERSE_DIRECTORY"]).map((path) => directory(path)),
  ];
  const app = express().disable("x-powered-by");
  trustProxies(app, one(own["trust-proxy"]) ?? one(environment["FEDIVERSE_TRUST_PROXY"]) ?? "loopback");
  const fedi = fediverse({ ...options, posts } as unknown as FediverseOptions);
  app.use(fedi);
  try {
    const server = await listen(app, port, host);
    fedi.attach(server);
    endOnSignal(server, fedi);
    await fedi.ready;
    await greet(fedi, server);
  } catch (error) {
    await fedi.close();
    throw error;
  }
}

function portOf(given: unknown): number {
  const port = Number(given);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new OptionsError(
      `--port (FEDIVERSE_PORT) is "${String(given)}"; wanted: a number from 0 to 65535.`,
    );
  return port;
}

/**
 * Behind a web server every request comes from that server. What is counted for each visitor (wrong passwords, look-ups,
 * requests of apps) would be counted for all of them together: whoever guesses at a password would lock its owner out.
 */
function trustProxies(app: express.Express, addresses: string): void {
  try {
    app.set("trust proxy", addresses);
  } catch (error) {
    throw new OptionsError(
      `--trust-proxy (FEDIVERSE_TRUST_PROXY) is "${addresses}"; wanted: addresses or networks with commas between them, or loopback, linklocal, uniquelocal.`,
      error,
    );
  }
}

const one = (given: unknown): string | undefined =>
  typeof given === "string" && given !== "" ? given : undefined;

function list(given: unknown): string[] {
  return (Array.isArray(given) ? given : [given]).filter(
    (text): text is string => typeof text === "string" && text !== "",
  );
}

/** @throws {FediverseError} in plain words when the port cannot be had. */
function listen(app: express.Express, port: number, host: string | undefined): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = host === undefined ? app.listen(port) : app.listen(port, host);
    server.once("listening", () => resolve(server));
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === "EADDRINUSE"
          ? `Port ${port} is taken by another program. Choose another with --port or FEDIVERSE_PORT.`
          : error.code === "EACCES"
            ? `Port ${port} needs rights that this user does not have. Choose one above 1023 with --port.`
            : `The server cannot listen on port ${port}: ${error.message}`;
      reject(new FediverseError(reason, { code: "listen", cause: error }));
    });
  });
}

function endOnSignal(server: Server, fedi: Fediverse): void {
  const end = (): void => {
    server.close();
    server.closeIdleConnections();
    fedi.close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
}

async function greet(fedi: Fediverse, server: Server): Promise<void> {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : "";
  const accounts = await localAccounts(fedi.site);
  console.log(`${fedi.site.urls.origin} is on the fediverse (listening on port ${port}).`);
  for (const account of accounts) console.log(`  @${account.username}@${account.host}   ${account.url}`);
  if (accounts.length === 0) console.log("  It has no account yet: express-fediverse account create NAME");
}
