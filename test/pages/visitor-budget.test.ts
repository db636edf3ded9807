import assert from "node:assert/strict";
import { VisitorBudget } from "../../src/pages/visitor-budget.ts";
import { MINUTE, SECOND } from "../../src/support/clock.ts";
import { TestClock } from "../support/test-clock.ts";

describe("a visitor's budget of look-ups", () => {
  let clock: TestClock;
  let budget: VisitorBudget;
  beforeEach(() => {
    clock = new TestClock();
    budget = new VisitorBudget(clock);
  });
  const spend = (address: string, times: number): number[] =>
    Array.from({ length: times }, () => budget.take(address));

  it("is ten at once, then one every six seconds", () => {
    assert.deepEqual(spend("192.0.2.1", 11), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6]);
    clock.advance(6 * SECOND);
    assert.deepEqual(spend("192.0.2.1", 2), [0, 6]);
  });

  it("says how long to wait, and that is true", () => {
    spend("192.0.2.1", 10);
    clock.advance(2 * SECOND);
    const wait = budget.take("192.0.2.1");
    assert.equal(wait, 4);
    clock.advance(wait * SECOND);
    assert.equal(budget.take("192.0.2.1"), 0);
  });

  it("is never more than ten", () => {
    clock.advance(60 * MINUTE);
    assert.equal(spend("192.0.2.1", 11).at(-1), 6);
  });

  it("is each address's own", () => {
    spend("192.0.2.1", 10);
    assert.equal(budget.take("192.0.2.2"), 0);
  });

  it("is one for all addresses of an IPv6 household", () => {
    for (let n = 0; n < 10; n += 1) budget.take(`2001:db8:1:2:${n}::1`);
    assert.ok(budget.take("2001:db8:1:2:ffff:ffff:ffff:ffff") > 0);
    assert.equal(budget.take("2001:db8:1:3::1"), 0);
    assert.ok(budget.take("2001:db8:1:2::") > 0);
  });

  it("keeps mapped IPv4 addresses apart", () => {
    spend("::ffff:192.0.2.1", 10);
    assert.equal(budget.take("::ffff:192.0.2.2"), 0);
  });
});
