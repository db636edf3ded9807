import assert from "node:assert/strict";
import { comesBefore, supersededTypes, type Placed } from "../../src/delivery/order.ts";

const at = (second: number): Date => new Date(Date.UTC(2026, 2, 1, 12, 0, second));
const create: Placed = { _id: 900, type: "Create", createdAt: at(0) };

describe("The order of activities about one object", () => {
  it("is the order of their queueing, not of their ids", () => {
    const update: Placed = { _id: 5, type: "Update", createdAt: at(1) };
    assert.ok(comesBefore(create, update));
    assert.ok(!comesBefore(update, create));
  });

  it("within one millisecond is Create, then the rest, then Delete", () => {
    const update: Placed = { _id: 500, type: "Update", createdAt: at(0) };
    const removal: Placed = { _id: 1, type: "Delete", createdAt: at(0) };
    const sorted = [removal, update, create].sort((a, b) => (comesBefore(a, b) ? -1 : 1));
    assert.deepEqual(
      sorted.map(({ type }) => type),
      ["Create", "Update", "Delete"],
    );
  });

  it("puts nothing before itself", () => {
    assert.ok(!comesBefore(create, create));
  });

  it("lets an Update replace Updates only: nobody takes an Update of a post that never came", () => {
    assert.deepEqual(supersededTypes("Update"), ["Update"]);
  });

  it("lets a Delete replace everything that was said about the object", () => {
    assert.deepEqual(supersededTypes("Delete"), ["Create", "Update"]);
  });

  it("lets other activities replace nothing", () => {
    for (const type of ["Create", "Follow", "Accept", "Undo", "Like", "Announce"])
      assert.deepEqual(supersededTypes(type), []);
  });
});
