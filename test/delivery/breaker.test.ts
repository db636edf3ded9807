import assert from "node:assert/strict";
import fc from "fast-check";
import {
  afterFailure,
  afterLife,
  CLEAN,
  gateOf,
  isLife,
  LONGEST_PAUSE,
  THRESHOLD,
  type BreakerState,
} from "../../src/delivery/breaker.ts";
import { HOUR, MINUTE } from "../../src/support/clock.ts";

const START = new Date("2026-03-01T12:00:00Z");
const after = (milliseconds: number): Date => new Date(START.getTime() + milliseconds);

function broken(): BreakerState {
  let state = CLEAN;
  for (let failures = 0; failures < THRESHOLD; failures += 1) state = afterFailure(state, START);
  return state;
}

describe("The breaker of a host", () => {
  it("stays closed through four failures", () => {
    let state = CLEAN;
    for (let failures = 0; failures < THRESHOLD - 1; failures += 1) state = afterFailure(state, START);
    assert.deepEqual(gateOf(state, START), { gate: "closed" });
  });

  it("opens for five minutes at the fifth in a row", () => {
    assert.deepEqual(gateOf(broken(), START), { gate: "open", until: after(5 * MINUTE) });
  });

  it("lets one probe through when the pause is over", () => {
    assert.equal(gateOf(broken(), after(5 * MINUTE - 1)).gate, "open");
    assert.equal(gateOf(broken(), after(5 * MINUTE)).gate, "probe");
  });

  it("doubles the pause with each failed probe, up to twelve hours", () => {
    let state = broken();
    const pauses: number[] = [];
    for (let round = 0; round < 12; round += 1) {
      const now = state.openUntil ?? START;
      state = afterFailure(state, now);
      pauses.push(((state.openUntil ?? now).getTime() - now.getTime()) / MINUTE);
    }
    assert.deepEqual(pauses, [10, 20, 40, 80, 160, 320, 640, 720, 720, 720, 720, 720]);
    assert.equal(LONGEST_PAUSE, 12 * HOUR);
  });

  it("is not opened further by answers that were under way when it opened", () => {
    const state = broken();
    assert.equal(afterFailure(state, after(1000)), state);
  });

  it("forgets everything at a sign of life", () => {
    assert.deepEqual(afterLife(), { failures: 0 });
  });

  it("counts failures in a row only", () => {
    let state = CLEAN;
    for (let round = 0; round < 20; round += 1) {
      for (let failures = 0; failures < THRESHOLD - 1; failures += 1) state = afterFailure(state, START);
      state = afterLife();
    }
    assert.equal(gateOf(state, START).gate, "closed");
  });

  it("takes refusals for life and errors of the server's own for none", () => {
    for (const code of [200, 202, 302, 400, 401, 404, 410, 429]) assert.ok(isLife(code), String(code));
    for (const code of [500, 502, 503, 504]) assert.ok(!isLife(code), String(code));
  });
});

describe("The breaker, through any story of failures, successes and pauses", () => {
  const step = fc.oneof(
    fc.constant({ kind: "failure" as const }),
    fc.constant({ kind: "life" as const }),
    fc.integer({ min: 1, max: 24 * 60 }).map((minutes) => ({ kind: "wait" as const, minutes })),
  );

  it("is open only after five failures in a row, and never for more than twelve hours", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        let state = CLEAN;
        let now = START;
        let inARow = 0;
        for (const event of steps) {
          if (event.kind === "wait") now = new Date(now.getTime() + event.minutes * MINUTE);
          else if (event.kind === "life") {
            state = afterLife();
            inARow = 0;
          } else {
            state = afterFailure(state, now);
            inARow += 1;
          }
          const gate = gateOf(state, now);
          if (inARow < THRESHOLD) assert.equal(gate.gate, "closed");
          else assert.notEqual(gate.gate, "closed");
          if (gate.gate === "open") assert.ok(gate.until.getTime() - now.getTime() <= LONGEST_PAUSE);
          assert.ok(state.failures <= THRESHOLD);
        }
      }),
    );
  });
});
