import { randomUUID } from "node:crypto";
import type { UmzugStorage } from "umzug";
import { migrations as ours, type Migration } from "../../migrations/index.ts";
import { MINUTE, SECOND, type Clock } from "../support/clock.ts";
import { FediverseError, isDuplicateKey } from "../support/errors.ts";
import type { Logger } from "../support/logger.ts";
import type { Models } from "./models.ts";

const LOCK = "migrations";
const RECORD = "migrations";
/** Longer than any migration may take between two signs of life. */
const LEASE = 5 * MINUTE;
const POLL = 100;

export interface MigrateOptions {
  clock: Clock;
  logger: Logger;
  /** For tests. */
  migrations?: readonly Migration[];
}

/**
 * Brings the store to the shape this version needs. Ten processes that start at once do it once: the others wait.
 * @returns the names of the migrations that ran now.
 * @throws {FediverseError} code `newer-database` when the store was written by a newer version.
 */
export async function migrate(models: Models, options: MigrateOptions): Promise<string[]> {
  const list = options.migrations ?? ours;
  for (;;) {
    if (await isCurrent(models, list)) return [];
    const owner = randomUUID();
    if (await takeLock(models, owner, options.clock)) {
      const renewal = setInterval(() => {
        void models.locks
          .updateOne({ _id: LOCK, owner }, { $set: { until: until(options.clock) } })
          .catch(() => undefined);
      }, LEASE / 5);
      renewal.unref();
      try {
        return await run(models, list, options);
      } finally {
        clearInterval(renewal);
        await models.locks.deleteOne({ _id: LOCK, owner });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, POLL));
  }
}

async function isCurrent(models: Models, list: readonly Migration[]): Promise<boolean> {
  const done = await executed(models);
  const unknown = done.filter((name) => !list.some((migration) => migration.name === name));
  if (unknown.length > 0) {
    throw new FediverseError(
      `The database was written by a newer version of express-fediverse (it has "${unknown.at(-1) ?? ""}", which this version does not know). Install that version again, or restore a backup made before the upgrade.`,
      { code: "newer-database" },
    );
  }
  return list.every((migration) => done.includes(migration.name));
}

async function run(models: Models, list: readonly Migration[], options: MigrateOptions): Promise<string[]> {
  // It brings a whole framework for command lines, and at nearly every start there is nothing to do for it.
  const { Umzug } = await import("umzug");
  const storage: UmzugStorage = {
    executed: () => executed(models),
    logMigration: async ({ name }) => {
      await models.meta.updateOne({ _id: RECORD }, { $addToSet: { value: name } }, { upsert: true });
    },
    unlogMigration: async ({ name }) => {
      await models.meta.updateOne({ _id: RECORD }, { $pull: { value: name } });
    },
  };
  const umzug = new Umzug({
    migrations: list.map((migration) => ({
      name: migration.name,
      up: () => migration.up({ models, now: options.clock.now() }),
    })),
    storage,
    logger: undefined,
  });
  const ran = await umzug.up();
  for (const { name } of ran) options.logger.info({ migration: name }, "the database was migrated");
  return ran.map(({ name }) => name);
}

async function executed(models: Models): Promise<string[]> {
  const record = await models.meta.findById(RECORD).lean();
  return Array.isArray(record?.value) ? record.value.map(String) : [];
}

async function takeLock(models: Models, owner: string, clock: Clock): Promise<boolean> {
  try {
    await models.locks.findOneAndUpdate(
      { _id: LOCK, until: { $lt: clock.now() } },
      { $set: { owner, until: until(clock) } },
      { upsert: true },
    );
    return true;
  } catch (error) {
    // The lock is held: its `until` lies ahead, so the upsert tried to insert a second one.
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}

function until(clock: Clock): Date {
  return new Date(clock.now().getTime() + LEASE + SECOND);
}
