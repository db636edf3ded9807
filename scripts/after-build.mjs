// Makes the compiled command executable; tsc leaves no mode bits.
import { chmodSync, existsSync } from "node:fs";

const command = new URL("../dist/src/cli/main.js", import.meta.url);
if (existsSync(command)) chmodSync(command, 0o755);
