import { compileExpression } from "../aggregate/expression.ts";
import type { Doc, Value } from "../bson/value.ts";
import { asNumber, isDoc } from "../bson/value.ts";
import { codes, notImplemented, StoreError } from "../errors.ts";
import type { Store } from "../storage/store.ts";
import type { Task } from "../storage/task.ts";
import type { Cursors } from "./cursors.ts";

/** A command as it came from a client. */
export interface Request {
  readonly name: string;
  readonly db: string;
  readonly body: Doc;
  /** Documents of `insert` as bytes, when they came in a section of their own. */
  readonly documents: readonly Buffer[] | undefined;
  readonly connection: number;
}

/** What a command works with. */
export interface Context extends Request {
  readonly store: Store;
  readonly cursors: Cursors;
  /** The time of the command. */
  readonly now: Date;
}

/** How a command runs. Writes run inside the transaction of the write queue. */
export interface Command {
  readonly write: boolean;
  /** Names of its own fields; any other field is refused. Undefined: anything goes. */
  readonly fields?: readonly string[];
  run(context: Context): Task<Doc>;
}

/** A typed view on a command's fields, with MongoDB's errors for wrong types. */
export class Fields {
  readonly #name: string;
  readonly #doc: Doc;

  constructor(name: string, doc: Doc) {
    this.#name = name;
    this.#doc = doc;
  }

  get(field: string): Value | undefined {
    return this.#doc.get(field);
  }

  #wrong(field: string, wanted: string): StoreError {
    return new StoreError(
      codes.typeMismatch,
      `BSON field '${this.#name}.${field}' is the wrong type, expected type '${wanted}'`,
    );
  }

  document(field: string): Doc {
    const value = this.#doc.get(field);
    if (value === undefined || value === null) return new Map();
    if (!isDoc(value)) throw this.#wrong(field, "object");
    return value;
  }

  documents(field: string): Doc[] {
    const value = this.#doc.get(field);
    if (!Array.isArray(value) || !value.every(isDoc)) throw this.#wrong(field, "array");
    return value;
  }

  string(field: string): string {
    const value = this.#doc.get(field);
    if (typeof value !== "string") throw this.#wrong(field, "string");
    return value;
  }

  /** A whole number; undefined when missing. */
  integer(field: string): number | undefined {
    const value = this.#doc.get(field);
    if (value === undefined || value === null) return undefined;
    const number = asNumber(value);
    if (number === undefined) throw this.#wrong(field, "long");
    return Math.trunc(number);
  }

  /** The variables of `let`: expressions, computed once for the whole command. */
  variables(): ReadonlyMap<string, Value> {
    const values = new Map<string, Value>();
    for (const [name, given] of this.document("let")) {
      values.set(name, compileExpression(given)(new Map()) ?? null);
    }
    return values;
  }

  /** Refuses options that would change the answer and are not implemented. */
  refuse(...fields: readonly string[]): void {
    for (const field of fields) {
      const value = this.#doc.get(field);
      if (value === undefined || value === false || value === null) continue;
      if (isDoc(value) && value.size === 0) continue;
      throw notImplemented(`the option ${field} of ${this.#name}`);
    }
    simpleCollation(this.#doc.get("collation"));
  }
}

/** Only the simple (byte order) collation is known; any other would change the answer. */
export function simpleCollation(collation: Value | undefined): void {
  if (collation === undefined || collation === null) return;
  if (isDoc(collation) && (collation.size === 0 || collation.get("locale") === "simple")) return;
  throw notImplemented("a collation");
}

/** The collection a command names in its first field. */
export function collectionName(context: Request): string {
  const name = context.body.get(context.name);
  if (typeof name !== "string" || name === "") {
    throw new StoreError(
      codes.invalidNamespace,
      `collection name has invalid type or is empty in ${context.name}`,
    );
  }
  return name;
}
