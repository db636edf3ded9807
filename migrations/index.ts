import type { Models } from "../src/database/models.ts";
import { collections } from "./0001-collections.ts";
import { social } from "./0002-social.ts";

/** What a migration may use. It runs once a store, under a lock, and must survive being run again after a crash. */
export interface MigrationContext {
  models: Models;
  now: Date;
}

export interface Migration {
  /** Number and subject; recorded in the store. Never renamed after a release. */
  name: string;
  up(context: MigrationContext): Promise<void>;
}

/** All migrations, in the order in which they run. */
export const migrations: readonly Migration[] = [collections, social];
