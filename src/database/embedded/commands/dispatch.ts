import type { Doc, Value } from "../bson/value.ts";
import { asNumber, isDoc } from "../bson/value.ts";
import { codes, StoreError, toStoreError } from "../errors.ts";
import type { Store } from "../storage/store.ts";
import { runTask } from "../storage/task.ts";
import { aggregateCommand } from "./aggregate.ts";
import { collectionCommands } from "./collections.ts";
import type { Command, Context, Request } from "./context.ts";
import { countCommands } from "./count.ts";
import type { Cursors } from "./cursors.ts";
import { deleteCommand } from "./delete.ts";
import { diagnosticCommands } from "./diagnostics.ts";
import { findAndModifyCommand } from "./find-and-modify.ts";
import { findCommands } from "./find.ts";
import { indexCommands } from "./indexes.ts";
import { insertCommand } from "./insert.ts";
import { updateCommand } from "./update.ts";
import { errorFields } from "./write-errors.ts";

const commands = new Map<string, Command>(
  Object.entries({
    ...diagnosticCommands,
    ...findCommands,
    ...countCommands,
    ...indexCommands,
    ...collectionCommands,
    insert: insertCommand,
    update: updateCommand,
    delete: deleteCommand,
    findAndModify: findAndModifyCommand,
    findandmodify: findAndModifyCommand,
    aggregate: aggregateCommand,
  }),
);

/** Fields that any command may have and that change nothing on a standalone server. */
const general = new Set(
  "$db lsid $clusterTime $readPreference readConcern writeConcern comment maxTimeMS apiVersion apiStrict apiDeprecationErrors".split(
    " ",
  ),
);

function noTransactions(body: Doc): void {
  if (!body.has("txnNumber") && !body.has("startTransaction") && !body.has("autocommit")) return;
  throw new StoreError(
    codes.illegalOperation,
    "Transaction numbers are only allowed on a replica set member or mongos",
  );
}

function checkConcerns(body: Doc): void {
  const concern = body.get("writeConcern");
  const w = isDoc(concern) ? asNumber(concern.get("w")) : undefined;
  if (w !== undefined && w > 1) {
    throw new StoreError(codes.badValue, "cannot use 'w' > 1 when a host is not replicated");
  }
  const level = isDoc(body.get("readConcern")) ? (body.get("readConcern") as Doc).get("level") : undefined;
  if (level === "snapshot" || level === "linearizable") {
    throw new StoreError(246, `readConcern '${level}' needs a replica set`);
  }
}

function checkFields(name: string, command: Command, body: Doc): void {
  if (command.fields === undefined) return;
  for (const field of body.keys()) {
    if (field === name || general.has(field) || command.fields.includes(field)) continue;
    throw new StoreError(40415, `BSON field '${name}.${field}' is an unknown field.`);
  }
}

/** The document that tells a client of an error. */
export function errorReply(error: unknown): Doc {
  const known = toStoreError(error);
  const fields = errorFields(known).filter(([name]) => name !== "errmsg" && name !== "code");
  return new Map<string, Value>([
    ["ok", 0],
    ["errmsg", known.message],
    ["code", known.code],
    ["codeName", known.codeName],
    ...fields,
  ]);
}

/** Runs commands against an open store. */
export class Dispatcher {
  readonly #store: Store;
  readonly #cursors: Cursors;
  readonly #clock: () => Date;

  constructor(store: Store, cursors: Cursors, clock: () => Date) {
    this.#store = store;
    this.#cursors = cursors;
    this.#clock = clock;
  }

  /** Runs one command. Never throws: an error is a reply. */
  async run(request: Request, aborted: () => boolean): Promise<Doc> {
    try {
      const command = commands.get(request.name);
      if (command === undefined) {
        throw new StoreError(codes.commandNotFound, `no such command: '${request.name}'`);
      }
      noTransactions(request.body);
      checkConcerns(request.body);
      checkFields(request.name, command, request.body);
      const context: Context = {
        ...request,
        store: this.#store,
        cursors: this.#cursors,
        now: this.#clock(),
      };
      if (command.write) return await this.#store.writes.submit(() => command.run(context));
      return await this.#read(command, context, aborted);
    } catch (error) {
      return errorReply(error);
    }
  }

  async #read(command: Command, context: Context, aborted: () => boolean): Promise<Doc> {
    const most = asNumber(context.body.get("maxTimeMS")) ?? 0;
    const started = performance.now();
    const late = (): boolean => most > 0 && performance.now() - started > most;
    const reply = await runTask(command.run(context), () => late() || aborted());
    if (reply === undefined) throw new StoreError(codes.maxTimeExpired, "operation exceeded time limit");
    return reply;
  }
}
