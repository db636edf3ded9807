import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express, { type RequestHandler } from "express";
import { createInboxWorker } from "../../src/activitypub/inbox/process.ts";
import { inboxRoutes } from "../../src/activitypub/inbox/routes.ts";
import type { InboundRow } from "../../src/database/rows.ts";
import type { Logger } from "../../src/support/logger.ts";
import { makeSite, type HandMadeSite } from "./make-site.ts";

export interface LogLine {
  level: "debug" | "info" | "warn" | "error";
  message: string;
  fields: Record<string, unknown>;
}

/** A site with nothing but its inbox on a loopback port, and what it logs. */
export interface InboxSite extends HandMadeSite {
  /** Where the inbox is really reached. */
  origin: string;
  log: LogLine[];
  /** Reasons of refusals and acceptances, in order. */
  reasons(): unknown[];
  /** Does what has arrived. */
  work(): Promise<void>;
  inbound(id: unknown): Promise<InboundRow | null>;
}

export interface InboxSiteOptions extends NonNullable<Parameters<typeof makeSite>[0]> {
  /** Middleware of the host in front of ours. */
  before?: RequestHandler[];
}

/** Its origin is the loopback address itself, unless `options.origin` says otherwise. */
export async function makeInboxSite(options: InboxSiteOptions = {}): Promise<InboxSite> {
  const { before = [], ...rest } = options;
  const app = express();
  const server: Server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const log: LogLine[] = [];
  const logger = recorder(log);
  const made = await makeSite({ origin, logger, ...rest });
  for (const middleware of before) app.use(middleware);
  app.use(inboxRoutes(made.site));
  const worker = createInboxWorker(made.site);
  return {
    ...made,
    origin,
    log,
    reasons: () =>
      log.filter((line) => /^inbox: (refused|taken in)/.test(line.message)).map((line) => line.fields.reason),
    work: () => {
      worker.nudge();
      return worker.drain();
    },
    inbound: (id) => made.site.models.inbound.findById(String(id)).lean<InboundRow | null>(),
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await worker.stop();
      await made.close();
    },
  };
}

function recorder(log: LogLine[]): Logger {
  const at = (level: LogLine["level"]) => (fields: Record<string, unknown>, message: string) =>
    void log.push({ level, message, fields });
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
