// What tsc leaves to do: the views beside the compiled files, where dist/src looks for them, and the command's mode bits.
import { chmodSync, cpSync, existsSync } from "node:fs";

cpSync(new URL("../views/", import.meta.url), new URL("../dist/views/", import.meta.url), { recursive: true });

const command = new URL("../dist/src/cli/main.js", import.meta.url);
if (existsSync(command)) chmodSync(command, 0o755);
