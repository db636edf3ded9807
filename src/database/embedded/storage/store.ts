import { Catalog } from "./catalog.ts";
import type { Collection } from "./catalog.ts";
import { Documents } from "./documents.ts";
import type { Kv } from "./kv.ts";
import { WriteQueue } from "./queue.ts";

/** An open data folder: what every command works on. */
export class Store {
  readonly kv: Kv;
  readonly catalog: Catalog;
  readonly documents: Documents;
  readonly writes: WriteQueue;

  constructor(kv: Kv) {
    this.kv = kv;
    this.catalog = new Catalog(kv);
    this.documents = new Documents(kv, this.catalog);
    this.writes = new WriteQueue(kv, this.catalog);
  }

  /** Finishes the writes that were taken, then closes the file. */
  async close(): Promise<void> {
    await this.writes.close();
    await this.kv.close();
  }

  collection(db: string, name: string): Collection | undefined {
    return this.catalog.find(db, name);
  }
}
