// What tsc leaves undone: the views beside the compiled code, and the mode bits of the command.
import { chmodSync, cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
rmSync(at("../dist/views"), { recursive: true, force: true });
cpSync(at("../views"), at("../dist/views"), { recursive: true });
chmodSync(at("../dist/src/cli/main.js"), 0o755);
