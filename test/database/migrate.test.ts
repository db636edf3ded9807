import assert from "node:assert/strict";
import mongoose from "mongoose";
import { migrate } from "../../src/database/migrate.ts";
import { createModels, type Models } from "../../src/database/models.ts";
import type { Migration } from "../../migrations/index.ts";
import { MINUTE } from "../../src/support/clock.ts";
import { silentLogger } from "../../src/support/logger.ts";
import { freshDatabase } from "../support/store.ts";
import { TestClock } from "../support/test-clock.ts";

describe("migrations", () => {
  let connection: mongoose.Connection;
  let models: Models;
  const clock = new TestClock();
  const options = { clock, logger: silentLogger };

  beforeEach(async () => {
    connection = await mongoose.createConnection(await freshDatabase(), { autoIndex: false }).asPromise();
    models = createModels(connection, "fedi_");
  });
  afterEach(() => connection.close());

  it("run once, and make the indexes", async () => {
    assert.deepEqual(await migrate(models, options), ["0001-collections", "0002-social"]);
    assert.deepEqual(await migrate(models, options), []);
    const indexes = await models.posts.collection.indexes();
    assert.ok(indexes.some((index) => index.unique === true && JSON.stringify(index.key) === '{"uri":1}'));
  });

  it("run once when ten processes start at once", async () => {
    let ran = 0;
    const migrations: Migration[] = [{ name: "0001-count", up: async () => void (ran += 1) }];
    const names = await Promise.all(
      Array.from({ length: 10 }, () => migrate(models, { ...options, migrations })),
    );
    assert.equal(ran, 1);
    assert.equal(names.flat().length, 1);
  });

  it("go on where a process died: its lock runs out", async () => {
    await models.locks.collection.insertOne({
      _id: "migrations" as never,
      owner: "dead",
      until: clock.now(),
    });
    clock.advance(6 * MINUTE);
    assert.deepEqual(await migrate(models, options), ["0001-collections", "0002-social"]);
  });

  it("that fail leave the lock free and say why; the next start tries again", async () => {
    let broken = true;
    const migrations: Migration[] = [
      {
        name: "0001-breaks",
        up: async () => {
          if (broken) throw new Error("the disk is full");
        },
      },
    ];
    await assert.rejects(migrate(models, { ...options, migrations }), /the disk is full/);
    broken = false;
    assert.deepEqual(await migrate(models, { ...options, migrations }), ["0001-breaks"]);
  });

  it("of a newer version are refused with a sentence that says what to do", async () => {
    await models.meta.collection.insertOne({
      _id: "migrations" as never,
      value: ["0001-collections", "0099-future"],
    });
    await assert.rejects(
      migrate(models, options),
      /written by a newer version.*0099-future.*Install that version/s,
    );
  });
});
