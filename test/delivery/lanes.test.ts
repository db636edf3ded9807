import assert from "node:assert/strict";
import fc from "fast-check";
import { Lanes, Overflow } from "../../src/delivery/lanes.ts";
import { MINUTE } from "../../src/support/clock.ts";

interface Row {
  host: string;
  id: number;
}

const rowsOf = (host: string, count: number): Row[] =>
  Array.from({ length: count }, (_, id) => ({ host, id }));
const fill = (lanes: Lanes<Row>): Row[] => {
  const sent: Row[] = [];
  for (let row = lanes.next(); row !== undefined; row = lanes.next()) sent.push(row);
  return sent;
};

describe("The lanes of the hosts", () => {
  it("send no more at once to a host than it may have", () => {
    const lanes = new Lanes<Row>({ perHost: 4, depth: 64 });
    for (const row of rowsOf("slow.example", 20)) lanes.add(row);
    assert.equal(fill(lanes).length, 4);
    lanes.landed("slow.example");
    assert.deepEqual(fill(lanes), [{ host: "slow.example", id: 4 }]);
  });

  it("take the hosts in turn, so that a crowd of one does not hold up the others", () => {
    const lanes = new Lanes<Row>({ perHost: 4, depth: 1000 });
    for (const row of rowsOf("crowd.example", 500)) lanes.add(row);
    for (const row of rowsOf("small.example", 1)) lanes.add(row);
    assert.ok(
      fill(lanes)
        .slice(0, 2)
        .some((row) => row.host === "small.example"),
    );
  });

  it("keep the order within a host", () => {
    const lanes = new Lanes<Row>({ perHost: 100, depth: 100 });
    for (const row of rowsOf("a.example", 50)) lanes.add(row);
    assert.deepEqual(
      fill(lanes).map((row) => row.id),
      [...Array(50).keys()],
    );
  });

  it("say how many more rows a host's queue takes", () => {
    const lanes = new Lanes<Row>({ perHost: 4, depth: 10 });
    assert.equal(lanes.room("a.example"), 10);
    for (const row of rowsOf("a.example", 7)) lanes.add(row);
    assert.equal(lanes.room("a.example"), 3);
  });

  it("let a single probe through to a host that may be dead", () => {
    const lanes = new Lanes<Row>({ perHost: 4, depth: 10 });
    assert.equal(lanes.room("dead.example", true), 1);
    lanes.add({ host: "dead.example", id: 1 }, true);
    assert.equal(lanes.room("dead.example", true), 0);
    assert.equal(fill(lanes).length, 1);
    assert.equal(lanes.room("dead.example", true), 0);
    lanes.landed("dead.example");
    assert.equal(lanes.room("dead.example", true), 1);
  });

  it("give back what waits for one host, or for all", () => {
    const lanes = new Lanes<Row>({ perHost: 1, depth: 10 });
    for (const host of ["a.example", "b.example"]) for (const row of rowsOf(host, 3)) lanes.add(row);
    fill(lanes);
    assert.deepEqual(
      lanes.clear("a.example").map((row) => row.id),
      [1, 2],
    );
    assert.equal(lanes.clear().length, 2);
    assert.equal(lanes.queued, 0);
    assert.equal(lanes.flying, 2);
    for (const host of ["a.example", "b.example"]) lanes.landed(host);
    assert.equal(lanes.flying, 0);
    assert.equal(lanes.next(), undefined);
  });

  it("hold their limits through any story and lose no row", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("add" as const), host: fc.integer({ min: 0, max: 4 }) }),
      fc.constant({ kind: "send" as const, host: 0 }),
      fc.record({ kind: fc.constant("land" as const), host: fc.integer({ min: 0, max: 4 }) }),
      fc.record({ kind: fc.constant("clear" as const), host: fc.integer({ min: 0, max: 4 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const lanes = new Lanes<Row>({ perHost: 2, depth: 1000 });
        const flying = new Map<string, number>();
        let added = 0;
        let out = 0;
        for (const { kind, host: number } of steps) {
          const host = `h${number}.example`;
          if (kind === "add") lanes.add({ host, id: (added += 1) });
          else if (kind === "send") {
            const row = lanes.next();
            if (row === undefined) continue;
            out += 1;
            flying.set(row.host, (flying.get(row.host) ?? 0) + 1);
          } else if (kind === "clear") out += lanes.clear(host).length;
          else if ((flying.get(host) ?? 0) > 0) {
            lanes.landed(host);
            flying.set(host, (flying.get(host) ?? 0) - 1);
          }
          const inAir = [...flying.values()].reduce((sum, count) => sum + count, 0);
          assert.equal(lanes.flying, inAir);
          assert.ok([...flying.values()].every((count) => count <= 2));
          assert.equal(lanes.queued, added - out);
        }
        while (added > out) {
          for (const [host, count] of flying) for (let at = 0; at < count; at += 1) lanes.landed(host);
          flying.clear();
          for (const row of fill(lanes)) {
            out += 1;
            flying.set(row.host, (flying.get(row.host) ?? 0) + 1);
          }
          assert.ok(flying.size > 0, "a row can be had while nothing is in flight");
        }
      }),
    );
  });
});

describe("Rows that do not fit into their lane", () => {
  const NOW = new Date("2026-03-01T12:00:00Z");

  it("come back one after the other at the pace of the host", () => {
    const overflow = new Overflow(4);
    const first = overflow.next("slow.example", NOW).getTime();
    assert.ok(first > NOW.getTime());
    for (let answers = 0; answers < 50; answers += 1) overflow.took("slow.example", 8000);
    const times = Array.from({ length: 10 }, () => overflow.next("slow.example", NOW).getTime());
    for (let at = 1; at < times.length; at += 1) {
      const gap = (times[at] ?? 0) - (times[at - 1] ?? 0);
      assert.ok(gap > 1900 && gap <= 2000, `${gap} ms: four at once, eight seconds each`);
    }
  });

  it("are never pushed by more than ten minutes, however many there are", () => {
    const overflow = new Overflow(1);
    overflow.next("slow.example", NOW);
    for (let answers = 0; answers < 100; answers += 1) overflow.took("slow.example", 1e9);
    let last = NOW;
    for (let rows = 0; rows < 1000; rows += 1) last = overflow.next("slow.example", NOW);
    assert.equal(last.getTime() - NOW.getTime(), 10 * MINUTE);
  });

  it("are forgotten when they are due", () => {
    const overflow = new Overflow(4);
    const due = overflow.next("a.example", NOW);
    for (let rows = 0; rows < 100; rows += 1) overflow.next("a.example", NOW);
    const later = new Date(NOW.getTime() + 20 * MINUTE);
    overflow.tidy(later);
    const again = overflow.next("a.example", later);
    assert.equal(again.getTime() - later.getTime(), due.getTime() - NOW.getTime());
  });
});
