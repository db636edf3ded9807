import { seed } from "/work/main/bench/api/seed.ts";
import { writeFileSync } from "node:fs";
const [, , dir, n] = process.argv;
const s = await seed(dir!, Number(n));
console.log(s, process.memoryUsage().rss / 1e6);
writeFileSync(dir + "/seeded.json", JSON.stringify(s));
