/** MongoDB's names of the error codes that this store answers with. */
const names: Readonly<Record<number, string>> = {
  1: "InternalError",
  2: "BadValue",
  9: "FailedToParse",
  14: "TypeMismatch",
  15: "Overflow",
  20: "IllegalOperation",
  22: "InvalidBSON",
  26: "NamespaceNotFound",
  27: "IndexNotFound",
  28: "PathNotViable",
  40: "ConflictingUpdateOperators",
  43: "CursorNotFound",
  48: "NamespaceExists",
  50: "MaxTimeMSExpired",
  52: "DollarPrefixedFieldName",
  54: "NotSingleValueField",
  56: "EmptyFieldName",
  59: "CommandNotFound",
  66: "ImmutableField",
  67: "CannotCreateIndex",
  72: "InvalidOptions",
  73: "InvalidNamespace",
  85: "IndexOptionsConflict",
  86: "IndexKeySpecsConflict",
  168: "InvalidPipelineOperator",
  171: "CannotIndexParallelArrays",
  175: "QueryPlanKilled",
  197: "InvalidIndexSpecificationOption",
  238: "NotImplemented",
  292: "QueryExceededMemoryLimitNoDiskUseAllowed",
  10334: "BSONObjectTooLarge",
  11000: "DuplicateKey",
  14031: "OutOfDiskSpace",
};

/** MongoDB's numeric error codes by the name this store uses for them. */
export const codes = {
  internal: 1,
  badValue: 2,
  failedToParse: 9,
  typeMismatch: 14,
  overflow: 15,
  illegalOperation: 20,
  invalidBson: 22,
  namespaceNotFound: 26,
  indexNotFound: 27,
  pathNotViable: 28,
  conflictingUpdate: 40,
  cursorNotFound: 43,
  namespaceExists: 48,
  maxTimeExpired: 50,
  dollarPrefixedField: 52,
  emptyFieldName: 56,
  commandNotFound: 59,
  immutableField: 66,
  cannotCreateIndex: 67,
  invalidOptions: 72,
  invalidNamespace: 73,
  indexOptionsConflict: 85,
  indexKeySpecsConflict: 86,
  invalidPipelineOperator: 168,
  parallelArrays: 171,
  queryPlanKilled: 175,
  invalidIndexOption: 197,
  notImplemented: 238,
  memoryLimit: 292,
  tooLarge: 10334,
  duplicateKey: 11000,
  outOfDiskSpace: 14031,
} as const;

/** An error that a client shall see: MongoDB's code, its name, a message and, for duplicates, the key. */
export class StoreError extends Error {
  readonly code: number;
  readonly extra: ReadonlyMap<string, unknown>;

  constructor(code: number, message: string, extra: ReadonlyMap<string, unknown> = new Map()) {
    super(message);
    this.name = "StoreError";
    this.code = code;
    this.extra = extra;
  }

  /** MongoDB's name of the code; codes without one are called `Location<code>` there too. */
  get codeName(): string {
    return names[this.code] ?? `Location${this.code}`;
  }
}

/** What the store does not have is refused by name; it is never answered differently in silence. */
export function notImplemented(what: string): StoreError {
  return new StoreError(codes.notImplemented, `${what} is not implemented by the embedded store`);
}

/** Turns whatever was thrown into an error for the client; a full disk gets its own code. */
export function toStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (/ENOSPC|MDB_MAP_FULL|no space left|mapsize|map full|Input\/output error/i.test(text)) {
    return new StoreError(codes.outOfDiskSpace, `the embedded store cannot write: ${text}`);
  }
  return new StoreError(codes.internal, `the embedded store failed: ${text}`);
}
