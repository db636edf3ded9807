// What tsc leaves undone: no compiled file without its source, the views beside the code, the mode bits of the command.
import { chmodSync, cpSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const dist = join(root, "dist");

for (const room of ["src", "migrations"]) {
  for (const name of readdirSync(join(dist, room), { recursive: true })) {
    const source = join(root, room, name.replace(/(\.d\.ts|\.js)$/, ".ts"));
    if (/(\.d\.ts|\.js)$/.test(name) && !existsSync(source)) rmSync(join(dist, room, name));
  }
}
cpSync(join(root, "views"), join(dist, "views"), { recursive: true });
chmodSync(join(dist, "src/cli/main.js"), 0o755);
