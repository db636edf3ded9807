/** One stored pair. Buffers are the caller's own copies. */
export interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/**
 * The little that this store asks of a key-value database: ordered byte keys and one atomic, synchronous
 * transaction at a time. Keys hold at most 1,978 bytes (lmdb's limit with pages
 * of 4 KiB).
 */
export interface Kv {
  get(key: Buffer): Buffer | undefined;
  /** Only inside {@link Kv.transaction}. */
  put(key: Buffer, value: Buffer): void;
  /** Only inside {@link Kv.transaction}. */
  remove(key: Buffer): void;
  /** Pairs with `lo <= key < hi`; the iterable is read at once and never kept open. */
  range(lo: Buffer, hi: Buffer, reverse: boolean): Iterable<Entry>;
  /** How many keys lie in `lo <= key < hi`. */
  count(lo: Buffer, hi: Buffer): number;
  /** All or nothing; when it returns, the writes are as durable as the store was opened for. */
  transaction(run: () => void): void;
  close(): Promise<void>;
}
