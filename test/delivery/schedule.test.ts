import assert from "node:assert/strict";
import fc from "fast-check";
import { LONGEST_LIFE, parseRetryAfter, verdict, WAITS, type Attempt } from "../../src/delivery/schedule.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../src/support/clock.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const middle = (): number => 0.5;
const answered = (code: number, retryAfter?: string): Attempt => ({ answered: true, code, retryAfter });
const unanswered: Attempt = { answered: false, error: "no answer", final: false };

function judge(attempt: Attempt, attempts = 1, previousCode?: number, random = middle) {
  return verdict(attempt, { attempts, previousCode, createdAt: NOW }, NOW, random);
}

function waitOf(attempt: Attempt, attempts = 1, random = middle): number {
  const judged = judge(attempt, attempts, undefined, random);
  assert.equal(judged.state, "pending");
  return judged.state === "pending" ? judged.nextAt.getTime() - NOW.getTime() : NaN;
}

describe("The schedule of a delivery", () => {
  it("takes any success for delivered", () => {
    for (const code of [200, 201, 202, 204, 299])
      assert.deepEqual(judge(answered(code)), { state: "delivered" });
  });

  it("waits 1 min, 5, 15, 30, then hours, then days, and then gives up", () => {
    const waits = WAITS.map((_, at) => waitOf(answered(503), at + 1));
    const hours = [1, 2, 4, 8, 12, 24, 24, 24, 24, 24].map((hour) => hour * HOUR);
    assert.deepEqual(waits, [MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, ...hours]);
    assert.deepEqual(judge(answered(503), WAITS.length + 1), { state: "failed" });
  });

  it("lasts a little over six days in all", () => {
    const days = WAITS.reduce((sum, wait) => sum + wait, 0) / DAY;
    assert.ok(days > 6 && days < 6.5, `${days} days`);
  });

  it("spreads the waits by a quarter in both directions", () => {
    assert.equal(
      waitOf(unanswered, 5, () => 0),
      0.75 * HOUR,
    );
    assert.equal(
      waitOf(unanswered, 5, () => 1),
      1.25 * HOUR,
    );
  });

  it("tries again what may pass", () => {
    for (const code of [408, 425, 429, 500, 502, 503, 504, 520, 599]) {
      assert.equal(judge(answered(code)).state, "pending", String(code));
    }
    assert.equal(judge(unanswered).state, "pending");
  });

  it("tries a redirect again later, since it may be a maintenance page", () => {
    for (const code of [301, 302, 303, 307, 308]) assert.equal(judge(answered(code)).state, "pending");
  });

  it("gives up at once on what will be the same tomorrow", () => {
    for (const code of [400, 404, 405, 406, 410, 413, 415, 422, 451, 501]) {
      assert.deepEqual(judge(answered(code)), { state: "failed" }, String(code));
    }
    assert.deepEqual(judge({ answered: false, error: "private address", final: true }), { state: "failed" });
  });

  it("believes 401 and 403 the third time only", () => {
    for (const code of [401, 403]) {
      assert.equal(judge(answered(code), 1).state, "pending");
      assert.equal(judge(answered(code), 2, code).state, "pending");
      assert.deepEqual(judge(answered(code), 3, code), { state: "failed" });
    }
  });

  it("does not take earlier timeouts for refusals", () => {
    assert.equal(judge(answered(401), 7, undefined).state, "pending");
    assert.equal(judge(answered(401), 7, 503).state, "pending");
    assert.equal(judge(answered(401), 8, 403).state, "failed");
  });

  it("waits as long as Retry-After asks, and never shorter than its own schedule", () => {
    assert.equal(waitOf(answered(429, "7200")), 2 * HOUR);
    assert.equal(waitOf(answered(503, "5")), MINUTE);
    assert.equal(waitOf(answered(503, new Date(NOW.getTime() + HOUR).toUTCString())), HOUR);
  });

  it("lets nobody hold a delivery back for more than a day", () => {
    assert.equal(waitOf(answered(429, "31556952000000")), DAY);
    assert.equal(waitOf(answered(429, "9".repeat(60))), DAY);
    assert.equal(waitOf(answered(429, "Fri, 31 Dec 9999 23:59:59 GMT")), DAY);
  });

  it("gives up on a row that is too old, whatever it waited for", () => {
    const createdAt = new Date(NOW.getTime() - LONGEST_LIFE);
    assert.deepEqual(verdict(answered(429, "86400"), { attempts: 2, createdAt }, NOW, middle), {
      state: "failed",
    });
  });
});

describe("Retry-After", () => {
  it("is read as seconds or as a date", () => {
    assert.equal(parseRetryAfter("120", NOW), 120 * SECOND);
    assert.equal(parseRetryAfter(" 120 ", NOW), 120 * SECOND);
    assert.equal(parseRetryAfter("Sun, 01 Mar 2026 12:10:00 GMT", NOW), 10 * MINUTE);
    assert.equal(parseRetryAfter("Sunday, 01-Mar-26 12:10:00 GMT", NOW), 10 * MINUTE);
  });

  it("is nothing when it is negative, past, empty or nonsense", () => {
    for (const value of [
      "-5",
      "-1e9",
      "0",
      "",
      "soon",
      "1e9",
      "0x10",
      "NaN",
      "Infinity",
      "1.5",
      "Thu, 01 Jan 1970 00:00:00 GMT",
    ]) {
      assert.equal(parseRetryAfter(value, NOW), undefined, value);
    }
    assert.equal(parseRetryAfter(undefined, NOW), undefined);
    assert.equal(parseRetryAfter("9".repeat(10_000), NOW), undefined);
  });

  it("never gives anything but a wait of up to a day, whatever it says", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.integer().map(String),
          fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
        ),
        (value) => {
          const wait = parseRetryAfter(value, NOW);
          assert.ok(wait === undefined || (wait > 0 && wait <= DAY));
        },
      ),
    );
  });
});

describe("The schedule, for every answer and every history", () => {
  const attempts = fc.integer({ min: 1, max: 40 });
  const code = fc.integer({ min: 200, max: 599 });
  const random = fc.double({ min: 0, max: 1, noNaN: true });

  it("ends after fifteen attempts at the latest", () => {
    fc.assert(
      fc.property(code, attempts, random, (status, made, roll) => {
        const judged = judge(answered(status), made, undefined, () => roll);
        if (made > WAITS.length) assert.notEqual(judged.state, "pending");
      }),
    );
  });

  it("never waits less than 45 seconds nor more than 30 hours", () => {
    fc.assert(
      fc.property(code, attempts, random, fc.string(), (status, made, roll, header) => {
        const judged = judge(answered(status, header), made, undefined, () => roll);
        if (judged.state !== "pending") return;
        const wait = judged.nextAt.getTime() - NOW.getTime();
        assert.ok(wait >= 0.75 * MINUTE && wait <= 30 * HOUR, `${wait} ms`);
      }),
    );
  });

  it("is over within its longest life when every attempt fails at the worst moment", () => {
    fc.assert(
      fc.property(fc.array(random, { minLength: 20, maxLength: 20 }), (rolls) => {
        let now = NOW;
        for (let made = 1; ; made += 1) {
          const judged = verdict(
            answered(429, "86400"),
            { attempts: made, createdAt: NOW },
            now,
            () => rolls[made] ?? 0,
          );
          if (judged.state !== "pending") break;
          assert.ok(judged.nextAt > now);
          now = judged.nextAt;
        }
        assert.ok(now.getTime() - NOW.getTime() <= LONGEST_LIFE);
      }),
    );
  });
});
