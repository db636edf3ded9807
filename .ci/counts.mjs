// Reads mocha's JSON report: prints what failed, and writes "passed failed skipped" to the second file.
import { readFileSync, writeFileSync } from "node:fs";

const [, , report, counts] = process.argv;
const { stats, failures, tests } = JSON.parse(readFileSync(report, "utf8"));
for (const { fullTitle, err } of failures)
  console.log(
    `FAILED ${fullTitle}\n    ${String(err.stack ?? err.message)
      .split("\n")
      .slice(0, 12)
      .join("\n    ")}`,
  );
const slowest = tests.toSorted((a, b) => (b.duration ?? 0) - (a.duration ?? 0)).slice(0, 5);
console.log(
  `slowest tests: ${slowest.map(({ fullTitle, duration }) => `${fullTitle} (${duration} ms)`).join("; ")}`,
);
writeFileSync(counts, `${stats.passes} ${stats.failures} ${stats.pending}\n`);
