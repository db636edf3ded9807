import { Double } from "bson";
import type { Doc, Value } from "../bson/value.ts";
import { doc, isDoc } from "../bson/value.ts";
import { codes, notImplemented, StoreError } from "../errors.ts";
import { describe, planQuery } from "../query/plan.ts";
import { parseSort } from "../query/sort.ts";
import type { Task } from "../storage/task.ts";
import { headOf } from "./aggregate.ts";
import type { Command, Context } from "./context.ts";
import { Fields } from "./context.ts";
import { sessionOf } from "./cursors.ts";
import { parse } from "./select.ts";

/** The MongoDB version whose behaviour is aimed at; drivers choose what they send by it. */
export const version = "7.0.0";

/** Wire versions of MongoDB 4.4 to 7.0; a higher one would invite commands of 8.0. */
export const wireVersions = { min: 0, max: 21 } as const;

const maxMessage = 48_000_000;

/** The answer to `hello`, that of a standalone server: no topologyVersion, or the driver waits for more replies. */
export function hello(connection: number, now: Date, legacy: boolean): Doc {
  return doc({
    ...(legacy ? { ismaster: true } : { isWritablePrimary: true }),
    helloOk: true,
    maxBsonObjectSize: 16 * 1024 * 1024,
    maxMessageSizeBytes: maxMessage,
    maxWriteBatchSize: 100_000,
    localTime: now,
    logicalSessionTimeoutMinutes: 30,
    connectionId: connection,
    minWireVersion: wireVersions.min,
    maxWireVersion: wireVersions.max,
    readOnly: false,
    ok: 1,
  });
}

function answer(make: (context: Context) => Doc): Command {
  return {
    write: false,
    *run(context) {
      yield* [];
      return make(context);
    },
  };
}

const ok = answer(() => doc({ ok: 1 }));

/** Query and sort of a command that can be explained. */
function explained(command: Doc): { filter: Doc; sort: Value | undefined; name: string } {
  const [name] = command.keys();
  const fields = new Fields(String(name), command);
  switch (name) {
    case "find":
      return { filter: fields.document("filter"), sort: fields.get("sort"), name: fields.string(name) };
    case "count":
    case "distinct":
    case "findAndModify":
      return { filter: fields.document("query"), sort: fields.get("sort"), name: fields.string(name) };
    case "aggregate": {
      const head = headOf(fields.documents("pipeline"));
      return { filter: head.filter, sort: head.sort, name: fields.string(name) };
    }
    case "update":
    case "delete": {
      const [statement] = fields.documents(name === "update" ? "updates" : "deletes");
      const filter = statement?.get("q");
      return {
        filter: isDoc(filter) ? filter : new Map<string, Value>(),
        sort: undefined,
        name: fields.string(name),
      };
    }
    default:
      throw notImplemented(`explain of ${String(name)}`);
  }
}

function* explain(context: Context): Task<Doc> {
  yield* [];
  const command = context.body.get("explain");
  if (!isDoc(command)) throw new StoreError(codes.typeMismatch, "explain needs a command");
  const { filter, sort, name } = explained(command);
  const query = parse(filter);
  const fields = parseSort(sort);
  const collection = context.store.collection(context.db, name);
  let winning: Doc = doc({ stage: "EOF" });
  if (collection !== undefined) {
    const plan = planQuery(collection, query.node, fields, command.get("hint"));
    winning = describe(plan);
    if (fields.length > 0 && !plan.ordered)
      winning = doc({ stage: "SORT", sortPattern: sort, inputStage: winning });
  }
  return doc({
    explainVersion: "1",
    queryPlanner: doc({
      namespace: `${context.db}.${name}`,
      parsedQuery: filter,
      winningPlan: winning,
      rejectedPlans: [],
    }),
    ok: 1,
  });
}

function endSessions(context: Context): Doc {
  const field = context.body.get(context.name);
  const list = Array.isArray(field) ? field : [];
  const sessions = new Set<string>();
  for (const lsid of list) {
    const session = sessionOf(new Map([["lsid", lsid]]));
    if (session !== undefined) sessions.add(session);
  }
  context.cursors.killSessions(sessions);
  return doc({ ok: 1 });
}

export const diagnosticCommands: Readonly<Record<string, Command>> = {
  hello: answer((context) => hello(context.connection, context.now, false)),
  isMaster: answer((context) => hello(context.connection, context.now, true)),
  ismaster: answer((context) => hello(context.connection, context.now, true)),
  ping: ok,
  endSessions: answer(endSessions),
  killSessions: answer(endSessions),
  refreshSessions: ok,
  startSession: ok,
  buildInfo: answer(() => buildInfo()),
  buildinfo: answer(() => buildInfo()),
  connectionStatus: answer(() =>
    doc({ authInfo: doc({ authenticatedUsers: [], authenticatedUserRoles: [] }), ok: 1 }),
  ),
  getParameter: answer((context) => {
    if (context.body.get("featureCompatibilityVersion") === undefined) {
      throw new StoreError(codes.invalidOptions, "no option found to get");
    }
    return doc({ featureCompatibilityVersion: doc({ version: "7.0" }), ok: 1 });
  }),
  serverStatus: answer((context) =>
    doc({
      host: "embedded",
      version,
      process: "express-fediverse",
      pid: process.pid,
      uptime: new Double(process.uptime()),
      localTime: context.now,
      metrics: doc({ cursor: doc({ open: doc({ total: context.cursors.size }) }) }),
      storageEngine: doc({ name: "lmdb", persistent: true }),
      ok: 1,
    }),
  ),
  explain: { write: false, fields: ["verbosity"], run: explain },
};

function buildInfo(): Doc {
  return doc({
    version,
    versionArray: version.split(".").map(Number).concat(0),
    gitVersion: "embedded",
    modules: [],
    bits: 64,
    debug: false,
    maxBsonObjectSize: 16 * 1024 * 1024,
    storageEngines: ["lmdb"],
    ok: 1,
  });
}
