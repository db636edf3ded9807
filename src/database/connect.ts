import { join } from "node:path";
import mongoose, { type Connection } from "mongoose";
import { InvalidInput, reasonOf } from "../support/errors.ts";
import type { Logger } from "../support/logger.ts";
import { startEmbedded, type EmbeddedStore } from "./embedded/index.ts";

/** How the store is reached; the options of the same names. */
export interface DatabaseOptions {
  database?: unknown;
  dataDir: string;
  durability: "fsync" | "os";
  /** Seconds. */
  startTimeout: number;
  logger: Logger;
}

/** The site's store: opened in the background, tried again with growing pauses until it answers. */
export interface Database {
  /** Usable for making models at once; commands fail until `opened`. */
  readonly connection: Connection;
  /** Settles when the store has answered for the first time; rejects when it cannot ever (wrong URI, folder in use). */
  readonly opened: Promise<void>;
  /** Whether commands have a chance now. */
  available(): boolean;
  close(): Promise<void>;
}

/** Milliseconds for one command to find its server. Requests wait for it, so it is much less than the driver's 30 s. */
const SERVER_SELECTION = 5000;
const DRIVER = { serverSelectionTimeoutMS: SERVER_SELECTION, maxPoolSize: 20 };
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;
/** The driver finds a server that is back within ten seconds. One that has not for this long never will. */
const STUCK = 20_000;

/**
 * Opens the store named by the option `database`: a URI, a mongoose Connection, a MongoClient, or nothing for the
 * embedded store in `<dataDir>/db`. A connection or client of the host's is used and never closed.
 * @throws {InvalidInput} for anything else.
 */
export function openDatabase(options: DatabaseOptions): Database {
  const given = options.database;
  if (isConnection(given)) return adopt(given, async () => void (await given.asPromise()));
  if (isClient(given)) {
    if (!(given instanceof mongoose.mongo.MongoClient)) {
      throw new InvalidInput(
        'option "database": this MongoClient is of another copy of the mongodb driver than mongoose\'s. Give the URI, a mongoose Connection, or a client made with `mongoose.mongo.MongoClient`.',
        "foreign-client",
        500,
      );
    }
    const connection = mongoose.createConnection();
    return {
      ...adopt(connection, async () => {
        await given.connect();
        connection.setClient(given);
      }),
      close: () => Promise.resolve(forget(connection)),
    };
  }
  if (given !== undefined && typeof given !== "string") {
    throw new InvalidInput(
      'option "database": wanted a mongodb:// URI, a mongoose Connection or a MongoClient',
    );
  }
  return open(options, given);
}

function adopt(connection: Connection, connect: () => Promise<void>): Database {
  return {
    connection,
    opened: connect(),
    available: () => connection.readyState === mongoose.ConnectionStates.connected,
    // The host opened it, the host closes it.
    close: () => Promise.resolve(),
  };
}

/** To destroy it would close the host's client, too. */
function forget(connection: Connection): void {
  const at = mongoose.connections.indexOf(connection);
  if (at !== -1) mongoose.connections.splice(at, 1);
}

function open(options: DatabaseOptions, uri: string | undefined): Database {
  const connection = mongoose.createConnection();
  // Without a listener a failed attempt would end the host's process; each one is logged below.
  connection.on("error", (error: unknown) =>
    options.logger.warn({ error: reasonOf(error) }, "the database connection reported an error"),
  );
  let embedded: EmbeddedStore | undefined;
  const stop = new AbortController();
  const available = (): boolean => connection.readyState === mongoose.ConnectionStates.connected;

  const startStore = async (): Promise<void> => {
    await embedded?.close();
    const { dataDir, durability } = options;
    embedded = await startEmbedded({ directory: join(dataDir, "db"), durability });
  };
  /** Another process serves the folder: with it ends its socket. */
  const isGuest = (): boolean => embedded?.owner === false;

  const connect = async (): Promise<void> => {
    if (uri === undefined) await startStore();
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      stop.signal.throwIfAborted();
      try {
        await connection.openUri(embedded?.uri ?? uri ?? "", {
          ...DRIVER,
          autoIndex: false,
          autoCreate: false,
          bufferCommands: false,
        });
        return;
      } catch (error) {
        if (!isAway(error)) throw error;
        options.logger.warn(
          { error: reasonOf(error), pauseMs: pause },
          "the database does not answer yet; trying again",
        );
        await connection.close().catch(() => undefined);
        await rest(pause, stop.signal);
      }
    }
  };
  const opened = connect();

  /**
   * The driver reconnects by itself, but its monitor can hang for good: a command written in the instant in which its
   * socket dies waits for a `drain` that never comes (mongodb 7.8, Connection.writeCommand). A second client finds out
   * whether the server is back, and takes the place of the first. To be taken out when the driver no longer does that:
   * without it, the test of a store that is away fails one time in four. Where another process has served the folder, the
   * driver waits for a socket that will not come back: the folder is asked for again, and may become ours.
   */
  const revive = async (): Promise<void> => {
    await opened;
    const first = isGuest() ? FIRST_PAUSE : STUCK;
    for (await rest(first, stop.signal); !available(); await rest(FIRST_PAUSE, stop.signal)) {
      let client: mongoose.mongo.MongoClient | undefined;
      try {
        if (isGuest()) await startStore();
        client = new mongoose.mongo.MongoClient(embedded?.uri ?? uri ?? "", DRIVER);
        await client.connect();
        stop.signal.throwIfAborted();
        if (available()) await client.close();
        else replaceClient(connection, client);
      } catch (error) {
        await client?.close().catch(() => undefined);
        stop.signal.throwIfAborted();
        options.logger.debug({ error: reasonOf(error) }, "the database is still away");
      }
    }
    options.logger.info({}, "the database is back");
  };
  let reviving: Promise<void> | undefined;
  connection.on("disconnected", () => {
    // It rejects only when the site is closed or never opened; both are told elsewhere.
    reviving ??= revive()
      .catch(() => undefined)
      .finally(() => (reviving = undefined));
  });

  return {
    connection,
    opened,
    available,
    async close() {
      stop.abort(new Error("The site was closed before its database answered."));
      await opened.catch(() => undefined);
      await reviving;
      // Not only closed: mongoose keeps a list of all connections, with all their models, for as long as the process lives.
      await connection.destroy();
      await embedded?.close();
    },
  };
}

function replaceClient(connection: Connection, client: mongoose.mongo.MongoClient): void {
  const stuck = connection.getClient();
  // What it still has to say would be taken for news of the new one.
  stuck.removeAllListeners().on("error", () => undefined);
  connection.setClient(client);
  // Not waited for: it may hang for as long as its monitor does.
  void stuck.close(true).catch(() => undefined);
}

/** Does this error say that the store could not be reached, as opposed to that it refused what was asked? */
export function isAway(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (
      /^Mongo(ose)?(Network|NetworkTimeout|ServerSelection|NotConnected|TopologyClosed|PoolCleared|PoolClosed|WaitQueueTimeout|ServerClosed|ClientClosed|ExpiredSession)?Error$/.test(
        at.name,
      )
    ) {
      if (at.name !== "MongoError" && at.name !== "MongooseError") return true;
      if (/initial connection|bufferCommands|not connected|connection.*closed/i.test(at.message)) return true;
    }
  }
  return false;
}

function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    // An abort that was before is not told again: without this the pause would hold the process after a close.
    signal.throwIfAborted();
    const aborted = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", aborted);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", aborted, { once: true });
  });
}

// By their methods, not by class: the host may carry its own copy of mongoose or of the driver.
function isConnection(value: unknown): value is Connection {
  return has(value, "model") && has(value, "asPromise") && has(value, "getClient");
}

interface ClientLike {
  connect(): Promise<unknown>;
  db(name?: string): unknown;
}

function isClient(value: unknown): value is ClientLike {
  return has(value, "connect") && has(value, "db") && has(value, "startSession");
}

function has(value: unknown, method: string): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Record<string, unknown>)[method] === "function"
  );
}
