import assert from "node:assert/strict";
import { readDate } from "../../src/sources/dates.ts";

describe("dates in feeds and front matter", () => {
  const reads: [string, string][] = [
    ["2026-03-01", "2026-03-01T00:00:00.000Z"],
    ["2026-03-01T12:30:00Z", "2026-03-01T12:30:00.000Z"],
    ["2026-03-01T12:30:00.123456+02:00", "2026-03-01T10:30:00.123Z"],
    ["2026-03-01T12:30", "2026-03-01T12:30:00.000Z"],
    ["2026-03-01 12:30:00 +0100", "2026-03-01T11:30:00.000Z"],
    ["2026-03-01 9:05", "2026-03-01T09:05:00.000Z"],
    ["2026-03-01 12:30:00 UTC", "2026-03-01T12:30:00.000Z"],
    ["Sun, 01 Mar 2026 12:30:00 GMT", "2026-03-01T12:30:00.000Z"],
    ["Sun, 1 Mar 2026 12:30:00 +0100", "2026-03-01T11:30:00.000Z"],
    ["1 March 2026 12:30 EST", "2026-03-01T17:30:00.000Z"],
    ["Sun, 01 Mar 26 12:30:00 Z", "2026-03-01T12:30:00.000Z"],
    ["01 Mar 99 12:30:00 PDT", "1999-03-01T19:30:00.000Z"],
    ["Sun, 01 Mar 2026 12:30:00", "2026-03-01T12:30:00.000Z"],
    [" 2024-02-29 ", "2024-02-29T00:00:00.000Z"],
  ];
  for (const [text, iso] of reads) {
    it(`are read: ${text.trim()}`, () => {
      assert.equal(readDate(text)?.toISOString(), iso);
    });
  }
  const refused = [
    "",
    "today",
    "1",
    "2026",
    "2026-13-01",
    "2026-02-30",
    "2025-02-29",
    "12/03/2026",
    "2026-03-01T25:00:00Z",
    "So, 01 Mär 2026 12:30:00 GMT",
    "Sun, 01 Mar 2026",
    "Sun, 01 Mar 2026 12:30:00 IST",
    "post 5",
    `2026-03-01${" ".repeat(60)}x`,
  ];
  for (const text of refused) {
    it(`are not guessed: ${JSON.stringify(text.slice(0, 40))}`, () => {
      assert.equal(readDate(text), undefined);
    });
  }
});
