import type { Clock } from "../../src/support/clock.ts";

/** A clock that stands still until it is told to move. */
export class TestClock implements Clock {
  #now: number;

  constructor(start: Date = new Date("2026-03-01T12:00:00Z")) {
    this.#now = start.getTime();
  }
  now(): Date {
    return new Date(this.#now);
  }
  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }
}
